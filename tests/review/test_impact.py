"""`impact`: what a change comes to, on a real checkout of two model types with its history in git."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.publish import encode, publish
from generator.review import impact as impacts
from generator.review import impact_markdown, impact_text
from generator.review.planning import plan
from tests.review.small import REPOSITORY, Small, run
from tests.review.with_git import commit, git

BASE = "templates/skillsets/_base.py.j2"
BERT = "specs/models/bert.yaml"


@pytest.fixture
def committed(small: Small) -> Small:
    commit(small.root)
    return small


@pytest.fixture
def impact(monkeypatch, capsys, committed: Small):
    def told(*words: str) -> tuple[int, str, str]:
        code = run(monkeypatch, committed, "impact", *words)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return told


@pytest.fixture
def data(impact):
    def told(*words: str) -> dict[str, Any]:
        code, out, err = impact(*words, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)

    return told


def _regenerate(small: Small) -> None:
    files = {Path(path): encode(text) for path, text in plan(small.layout).items()}
    publish(files, small.layout)


def _hunks(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [hunk for group in found["groups"] for edit in group["edits"] for hunk in edit["hunks"]]


def test_nothing_changed(impact):
    code, out, err = impact()
    assert (code, err) == (0, "")
    assert out == "HEAD → the working tree\nno spec, template or code changed\n\nno output changes\n"


def test_a_template_change_is_one_hunk_generated_yet_or_not_and_committed(committed: Small, data):
    committed.edit(BASE, "loaded by path", "opened by path")
    before, status = committed.tree(), git(committed.root, "--no-optional-locks", "status", "--short")
    fresh = data()
    assert committed.tree() == before
    assert git(committed.root, "--no-optional-locks", "status", "--short") == status
    _regenerate(committed)
    regenerated = data()
    commit(committed.root)
    between = data("HEAD~1", "HEAD")
    paths = ["generated/skillsets/hf_bert.py", "generated/skillsets/hf_vit.py"]
    for found in (fresh, regenerated, between):
        (hunk,) = _hunks(found)
        assert hunk["old"] == [
            '    """<title>, loaded by path and called through the host\'s convention."""\n'
        ]
        assert [place["path"] for place in hunk["places"]] == paths
        (source,) = found["sources"]
        assert (source["path"], source["outputs"], source["runs"]) == (
            BASE,
            paths,
            {"generate": ["bert", "vit"]},
        )
    assert (fresh["not_generated"], regenerated["not_generated"]) == (paths, [])


def test_a_fact_that_reaches_no_output_is_told_of_even_beside_a_template_change(committed: Small, impact):
    committed.edit(BASE, "loaded by path", "opened by path")
    committed.edit("specs/models/vit.yaml", "paper: https://", "paper: https://www.")
    committed.edit(BERT, "title: BERT", "title: BERT!")
    code, out, _ = impact()
    assert code == 0
    assert re.search(r"models/vit.yaml:\d+  paper: .* \(changes no output\)$", out, re.M)
    assert re.search(r'models/bert.yaml:3  title: "BERT" → "BERT!"$', out, re.M)
    assert "specs/models/vit.yaml: changes no output; runs tests, reference, generate, validate of vit" in out


def test_a_fact_of_one_overlay(committed: Small, data):
    overlay = committed.root / "specs/overlays/bert.yaml"
    overlay.parent.mkdir(exist_ok=True)
    overlay.write_text("entries:\n  - reason: the docs are wrong\n    set:\n      checkpoint: org/right\n")
    found = data()
    (source,) = found["sources"]
    fact = source["facts"][0]
    assert (source["status"], fact["line"], fact["new"]) == ("new", 4, '"org/right"')
    assert fact["old"] == '"google-bert/bert-base-uncased"'
    assert {place["path"] for hunk in _hunks(found) for place in hunk["places"]} == {
        "generated/skillsets/hf_bert.py",
        "generated/tests/test_hf_bert.py",
    }
    assert ['MODEL_ID = "org/right"\n'] in [hunk["new"] for hunk in _hunks(found)], "what changed is no name"


def test_a_hand_edit_is_none_of_the_change(committed: Small, data):
    path = "generated/skillsets/hf_bert.py"
    committed.edit(path, "best first", "as I like it")
    found = data()
    assert (found["edited_by_hand"], found["groups"], found["sources"]) == ([path], [], [])


def test_a_deleted_spec(committed: Small, data, impact):
    (committed.root / "specs/models/vit.yaml").unlink()
    (committed.root / "specs/overlays/vit.yaml").unlink(missing_ok=True)
    gone = {file["path"] for file in data()["outputs"] if file["status"] == "gone"}
    assert {"generated/skillsets/hf_vit.py", "generated/tests/test_hf_vit.py"} <= gone
    assert "skillsets prune" in impact()[1]


def test_a_new_model_has_a_test_before_it_has_a_skillset(committed: Small, data):
    for name in ("models/gpt2.yaml", "overlays/gpt2.yaml"):
        if (REPOSITORY / "specs" / name).exists():
            text = (REPOSITORY / "specs" / name).read_text()
            (committed.root / "specs" / name).write_text(text)
    new = [file["path"] for file in data()["outputs"] if file["status"] == "new"]
    assert new == ["generated/tests/test_hf_gpt2.py"]


def test_code_that_says_the_same(committed: Small, impact):
    committed.edit(
        "skillset_runtime/inputs.py",
        '"""',
        '"""',
    )
    file = committed.root / "skillset_runtime/inputs.py"
    file.write_text(file.read_text() + "# a remark\n")
    assert "skillset_runtime/inputs.py" in impact()[1]
    assert "no output changes" in impact()[1]
    file.write_text(file.read_text() + "MORE = 1\n")
    assert "skillset_runtime/inputs.py: changes no output; runs validate of 2 types" in impact()[1]


def test_what_models_answered_is_counted_and_not_shown(committed: Small, data, impact):
    committed.edit("generated/expectations/bert.yaml", "shape", "form")
    commit(committed.root)
    found = data("HEAD~1", "HEAD")
    assert [file["path"] for file in found["measured"]] == ["generated/expectations/bert.yaml"]
    assert found["groups"] == []
    assert "results of running models: 1 file: expectations: bert.yaml" in impact("HEAD~1", "HEAD")[1]


def test_a_merge_of_two_branches_that_both_regenerated(committed: Small, data):
    git(committed.root, "checkout", "--quiet", "-b", "other")
    committed.edit(BERT, "title: BERT", "title: BERT!")
    _regenerate(committed)
    commit(committed.root)
    git(committed.root, "checkout", "--quiet", "main")
    committed.edit(BASE, "through the host's", "by the host's")
    _regenerate(committed)
    commit(committed.root)
    git(committed.root, "merge", "--quiet", "-X", "ours", "other", "-m", "merged")
    _regenerate(committed)
    commit(committed.root)
    found = data("HEAD~3", "HEAD")
    words = {line for hunk in _hunks(found) for line in hunk["new"]}
    assert '    """<title>, loaded by path and called by the host\'s convention."""\n' in words
    assert '    """BERT!, loaded by path and called by the host\'s convention."""\n' in words
    assert data()["not_generated"] == []


def test_a_mistake_is_told_with_its_line_and_the_rest_is_shown(committed: Small, impact):
    committed.edit(BASE, "loaded by path", "opened by path")
    committed.edit("specs/models/vit.yaml", "title:", "title: [")
    code, out, err = impact()
    assert code == 2
    assert re.match(r"specs/models/vit.yaml:\d+: not valid YAML", err)
    assert "opened by path" in out
    assert "specs/models/vit.yaml: has a mistake" in out


def test_revisions_that_are_none(impact):
    assert impact("nope")[0] == 2
    assert impact("HEAD", "nope")[0] == 2
    assert impact("a", "b", "c")[0] == 2
    assert "git knows no such commit" in impact("nope")[2]


def test_a_checkout_below_the_top_of_a_repository(small: Small, monkeypatch, capsys):
    commit(small.root.parent)
    small.edit(BASE, "loaded by path", "opened by path")
    assert run(monkeypatch, small, "impact") == 0
    assert "changed: 2 outputs: skillsets: hf_bert.py hf_vit.py" in capsys.readouterr().out


def test_markdown_is_text_whatever_a_spec_says(committed: Small, impact):
    hostile = "```</details> @someone #1 [x](http://y) <b>"
    committed.edit(BERT, "title: BERT", f"title: {json.dumps(hostile)}")
    code, out, _ = impact("--markdown")
    assert code == 0
    outside = _outside_code(out)
    assert "title" not in outside
    assert "@someone" not in outside
    assert "<b>" not in outside
    assert outside.count("<details>") == outside.count("</details>") > 0


def test_a_release_that_changes_hundreds_of_specs_fits_two_screens(committed: Small):
    committed.edit(BERT, "title: BERT", "title: BERT!")
    found = impacts.of_tree(committed.layout, "HEAD", lambda done, total: None)
    (source,) = found.sources
    (fact,) = source.facts
    many = [
        replace(source, path=f"specs/models/m{n}.yaml", facts=(replace(fact, new=str(n)),))
        for n in range(500)
    ]
    lines = list(impact_text.lines(replace(found, sources=tuple(many))))
    assert len(lines) <= 100
    assert any("480 in specs/models" in line for line in lines)
    assert any("470 other facts" in line for line in lines)


def test_markdown_keeps_to_its_size(committed: Small):
    committed.edit(BASE, "loaded by path", "opened by path")
    found = impacts.of_tree(committed.layout, "HEAD", lambda done, total: None)
    whole = impact_markdown.text(found)
    small = impact_markdown.text(found, limit=len(whole.encode()) - 1)
    assert len(small.encode()) < len(whole.encode())
    assert "Left out" in small
    assert "Left out" not in whole
    assert "opened by path" in small, "lists go before hunks"


def _outside_code(markdown: str) -> str:
    """What a renderer takes for Markdown: all but fenced blocks and code in lines."""
    without_blocks = re.sub(r"^(`{3,}).*?\n.*?^\1$", "", markdown, flags=re.M | re.S)
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", without_blocks)
