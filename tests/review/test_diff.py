"""`diff`: what regeneration would change, on a real checkout of two model types."""

from __future__ import annotations

import json

import pytest

from tests.review.small import Small, run
from tests.review.with_git import commit, git

BASE = "templates/skillsets/_base.py.j2"
SKILLSET = "generated/skillsets/hf_bert.py"


def _diff(monkeypatch, capsys, small: Small, *words: str) -> tuple[int, str, str]:
    code = run(monkeypatch, small, "diff", *words)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.fixture
def diff(monkeypatch, capsys, small: Small):
    return lambda *words: _diff(monkeypatch, capsys, small, *words)


def test_nothing_to_tell(small: Small, diff):
    before = small.tree()
    assert diff() == (0, "", "")
    assert small.tree() == before


def test_git_applies_what_a_template_changes(small: Small, diff):
    commit(small.root)
    small.edit(BASE, "loaded by path", "opened by path")
    small.edit(SKILLSET, "best first", "by hand")
    code, out, _ = diff()
    assert code == 1
    assert '-    """BERT, loaded by path and called' in out
    assert '+    """BERT, opened by path and called' in out
    git(small.root, "apply", "-", text=out)
    assert diff() == (0, "", "")


def test_some_outputs_alone(small: Small, diff):
    small.edit(BASE, "loaded by path", "opened by path")
    (small.root / "generated/tests/test_hf_vit.py").unlink()
    for words in (["bert"], [SKILLSET], [f"./{SKILLSET}"], [str(small.root / SKILLSET)], ["be*"]):
        found = json.loads(diff(*words, "--json")[1])["files"]
        assert [file["path"] for file in found] == [SKILLSET], words
    folder = json.loads(diff("generated/tests", "--json")[1])["files"]
    assert [(file["path"], file["status"]) for file in folder] == [("generated/tests/test_hf_vit.py", "new")]
    assert diff("generated/docs") == (0, "", "")


def test_what_is_no_output_is_told_of(diff):
    code, out, err = diff("brt", "specs/models/bert.yaml")
    assert (code, out) == (2, "")
    assert 'brt: is no model type and no output; did you mean "bert"?' in err
    assert "specs/models/bert.yaml: is no model type and no output" in err


def test_counts(small: Small, diff):
    small.edit(BASE, "loaded by path", "opened by path")
    code, out, _ = diff("--stat")
    assert code == 1
    assert out.splitlines()[-1] == "2 files differ: 2 lines added, 2 removed"
    assert "generated/skillsets/hf_vit.py" in out


def test_a_deleted_spec_leaves_files_that_would_go(small: Small, diff):
    (small.root / "specs/models/vit.yaml").unlink()
    (small.root / "specs/overlays/vit.yaml").unlink(missing_ok=True)
    files = json.loads(diff("--json")[1])["files"]
    gone = [file["path"] for file in files if file["status"] == "gone"]
    assert "generated/skillsets/hf_vit.py" in gone
    assert "generated/tests/test_hf_vit.py" in gone


def test_a_mistake_in_one_spec_leaves_the_others(small: Small, diff):
    small.edit(BASE, "loaded by path", "opened by path")
    small.edit("specs/models/vit.yaml", "title:", "titel:")
    code, out, err = diff("bert", "vit")
    assert code == 2
    assert f"+++ b/{SKILLSET}" in out
    assert "hf_vit" not in out
    assert err.startswith("specs/models/vit.yaml:")
    assert 'did you mean "title"?' in err


def test_against_a_revisions_specs_and_templates(small: Small, diff):
    commit(small.root)
    small.edit(BASE, "loaded by path", "opened by path")
    small.edit("generated/skillsets/hf_vit.py", "best first", "by hand")
    before, status = small.tree(), git(small.root, "--no-optional-locks", "status", "--short")
    code, out, _ = diff("--rev", "HEAD")
    assert code == 1
    assert out.count("+++ b/") == 2
    assert "by hand" not in out, "what lies in generated/ plays no part"
    assert (small.tree(), git(small.root, "--no-optional-locks", "status", "--short")) == (before, status)
    commit(small.root)
    assert diff("--rev", "HEAD") == (0, "", "")
    assert diff("--rev", "HEAD~1", "bert")[1].count("+++ b/") == 1


def test_against_a_revision_with_a_type_that_is_gone(small: Small, diff):
    commit(small.root)
    (small.root / "specs/models/vit.yaml").unlink()
    (small.root / "specs/overlays/vit.yaml").unlink(missing_ok=True)
    files = json.loads(diff("--rev", "HEAD", "--json")[1])["files"]
    assert {file["path"]: file["status"] for file in files}["generated/skillsets/hf_vit.py"] == "gone"


def test_revisions_that_are_none(small: Small, diff):
    assert "not a git repository" in diff("--rev", "HEAD")[2]
    commit(small.root)
    for revision in ("nope", "--all", "-x", "HEAD:dodo.py", ""):
        code, out, err = diff(f"--rev={revision}")
        assert (code, out) == (2, "")
        assert "git knows no such commit" in err


def test_a_mistake_in_a_revision_names_the_revision(small: Small, diff):
    small.edit("specs/models/vit.yaml", "title:", "titel:")
    commit(small.root)
    small.edit("specs/models/vit.yaml", "titel:", "title:")
    code, out, err = diff("--rev", "HEAD", "vit")
    assert (code, out) == (2, "")
    assert err.startswith("HEAD:specs/models/vit.yaml:")


def test_a_shallow_clone_is_told_of(small: Small, monkeypatch, capsys):
    first = commit(small.root)
    commit(small.root, "second")
    clone = Small(small.root.parent / "clone")
    git(small.root.parent, "clone", "--quiet", "--depth=1", f"file://{small.root}", str(clone.root))
    assert run(monkeypatch, clone, "diff", "--rev", first) == 2
    assert "the clone is shallow" in capsys.readouterr().err


def test_a_file_that_is_no_text(small: Small, diff):
    (small.root / SKILLSET).write_bytes(b"\xff\xfe\n")
    code, out, _ = diff(SKILLSET)
    assert code == 1
    assert "-��\n" in out


def test_a_folder_that_cannot_be_written(small: Small, diff):
    """No cache, no matter: plans are made anew."""
    small.edit(BASE, "loaded by path", "opened by path")
    (small.layout.cache / "plans").rename(small.layout.cache / "away")
    (small.layout.cache / "plans").write_text("in the way")
    assert diff("bert")[0] == 1
