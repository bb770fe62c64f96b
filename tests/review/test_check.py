"""`check`: each way in which generated files can be wrong is told apart, with what mends it."""

from __future__ import annotations

import json
import shutil

import pytest

from generator.errors import EXIT_BAD_INPUT, EXIT_CLEAN, EXIT_DRIFT
from generator.naming import Layout
from generator.review import checking
from generator.review.checking import State
from tests.review.small import REPOSITORY, Small, run

SKILLSET = "generated/skillsets/hf_bert.py"
TEMPLATE = "templates/skillsets/text_embedding.py.j2"


def findings(small: Small) -> list[tuple[str, str, str]]:
    return [(each.state, each.path, each.mend) for each in checking.check(small.layout).findings]


def test_every_generated_file_of_this_checkout_is_what_its_sources_give():
    found = checking.check(Layout(REPOSITORY))
    assert (found.findings, found.problems) == ((), ()), "run: doit check"


def test_all_is_well(small: Small, monkeypatch, capsys):
    before = small.tree()
    assert run(monkeypatch, small, "check") == EXIT_CLEAN
    assert capsys.readouterr().out.startswith("all as it should be, of ")
    assert small.tree() == before


def test_a_changed_template_makes_what_it_reaches_stale(small: Small, monkeypatch, capsys):
    base = small.root / "templates/skillsets/_base.py.j2"
    base.write_text(base.read_text().replace("{% block", "# a word more\n{% block", 1))
    changed = [
        ("changed", f"generated/skillsets/hf_{name}.py", f"doit generate:{name}") for name in ("bert", "vit")
    ]
    assert findings(small) == changed
    assert run(monkeypatch, small, "check") == EXIT_DRIFT
    assert capsys.readouterr().out.splitlines()[-1].startswith("2 changed, of ")


def test_an_edit_by_hand_is_told_from_what_is_stale(small: Small):
    (small.root / SKILLSET).write_text((small.root / SKILLSET).read_text() + "# mine\n")
    assert findings(small) == [("tampered", SKILLSET, "doit generate:bert")]
    small.edit("specs/models/vit.yaml", "title: ", "title: New ")
    assert [state for state, _, _ in findings(small)] == ["changed", "changed", "tampered"]


def test_an_edit_of_what_a_run_observed_is_seen_although_nothing_plans_it(small: Small):
    path = "generated/expectations/bert.yaml"
    (small.root / path).write_text((small.root / path).read_text() + "# mine\n")
    assert findings(small) == [("tampered", path, "doit reference:bert")]


@pytest.mark.parametrize(
    ("kind", "task"),
    [
        (Layout.test, "tests"),
        (Layout.expectations, "reference"),
        (Layout.requirements, "reference"),
        (Layout.skillset, "generate"),
    ],
)
def test_what_is_not_there_is_missing(small: Small, kind, task: str):
    path = kind(small.layout, "vit")
    path.unlink()
    assert findings(small) == [("missing", path.relative_to(small.root).as_posix(), f"doit {task}:vit")]


def test_what_there_is_once_is_checked_too(small: Small):
    for path in ("generated/docs/matrix.md", "skillset_runtime/targets.py", "specs/schemas/task.schema.json"):
        (small.root / path).write_text("{}\n")
    assert findings(small) == [
        ("changed", "skillset_runtime/targets.py", "doit targets"),
        ("changed", "specs/schemas/task.schema.json", "doit schemas"),
        ("tampered", "generated/docs/matrix.md", "doit results"),
    ]


def test_what_no_spec_owns_is_extra_and_a_persons_own_is_not_for_us_to_remove(small: Small):
    (small.root / "generated/skillsets/notes.txt").write_text("mine")
    small.layout.model_spec("vit").unlink()
    edited = small.layout.test("vit")
    edited.write_text(edited.read_text() + "# mine\n")
    assert [(path, mend) for state, path, mend in findings(small) if state == "extra"] == [
        ("generated/expectations/vit.yaml", "doit prune --yes"),
        ("generated/matrix/vit.yaml", "doit prune --yes"),
        ("generated/requirements/vit.yaml", "doit prune --yes"),
        ("generated/skillsets/hf_vit.py", "doit prune --yes"),
        ("generated/skillsets/notes.txt", "rm generated/skillsets/notes.txt"),
        ("generated/tests/test_hf_vit.py", "rm generated/tests/test_hf_vit.py"),
    ]


def test_a_new_model_has_all_of_its_files_to_come(small: Small):
    spec = (small.layout.model_spec("vit")).read_text()
    small.layout.model_spec("vat").write_text(spec.replace("model_type: vit\n", "model_type: vat\n"))
    assert [path for state, path, _ in findings(small) if state == "missing"] == [
        "generated/expectations/vat.yaml",
        "generated/requirements/vat.yaml",
        "generated/skillsets/hf_vat.py",
        "generated/tests/test_hf_vat.py",
    ]


def test_a_mistake_in_a_spec_is_told_with_its_line_and_costs_its_own_type(small: Small, monkeypatch, capsys):
    small.edit("specs/models/vit.yaml", "model_type: vit\n", "model_type: vit\ncolour: blue\n")
    small.layout.skillset("bert").unlink()
    assert run(monkeypatch, small, "check") == EXIT_BAD_INPUT
    told = capsys.readouterr()
    assert 'unknown key "colour"' in told.err and "specs/models/vit.yaml:" in told.err
    assert f"missing   {SKILLSET}" in told.out and "vit" not in told.out
    assert "1 missing, 1 problem in what they come from, of " in told.out


def test_a_mistake_in_a_template_is_told_with_its_line(small: Small, monkeypatch, capsys):
    template = small.root / TEMPLATE
    template.write_text(template.read_text() + "{{ nonsense }}{% if %}\n")
    assert run(monkeypatch, small, "check", "bert") == EXIT_BAD_INPUT
    assert f"{TEMPLATE}:" in capsys.readouterr().err


def test_without_a_manifest_it_says_what_it_cannot_tell(small: Small):
    small.layout.manifest.unlink()
    (small.root / SKILLSET).write_text("# mine\n")
    found = checking.check(small.layout)
    assert [each.path for each in found.findings if each.state is State.MISSING] == ["generated/SHA256SUMS"]
    (changed,) = [each for each in found.findings if each.state is State.CHANGED]
    assert changed.path == SKILLSET and "nobody knows" in changed.reason


def test_what_git_merged_is_no_drift_if_it_is_what_is_due(small: Small, monkeypatch, capsys):
    lines = small.layout.manifest.read_text().splitlines(keepends=True)
    small.layout.manifest.write_text("".join(line for line in lines if "hf_bert.py" not in line))
    assert run(monkeypatch, small, "check") == EXIT_CLEAN
    assert "doit -a generate:bert" in capsys.readouterr().out


def test_what_git_merged_line_by_line_is_not_called_an_edit(small: Small):
    """Two lines, as merge=union leaves them, and a text that is neither's."""
    text = small.layout.manifest.read_text()
    more = "".join(f"{'0' * 64}  {line[66:]}\n" for line in text.splitlines() if "bert" in line)
    small.layout.manifest.write_text(text + more)
    assert findings(small) == []
    for path in (SKILLSET, "generated/expectations/bert.yaml"):
        (small.root / path).write_text((small.root / path).read_text() + "# merged\n")
    assert [(state, path) for state, path, _ in findings(small)] == [
        ("changed", "generated/expectations/bert.yaml"),
        ("changed", SKILLSET),
    ]


def test_a_long_list_is_cut_and_a_script_has_all_of_it(small: Small, monkeypatch, capsys):
    for number in range(25):
        (small.root / f"generated/skillsets/hf_{number}.py").write_text("mine")
    assert run(monkeypatch, small, "check") == EXIT_DRIFT
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12 and "and 15 more" in lines[10]
    assert run(monkeypatch, small, "check", "--json") == EXIT_DRIFT
    assert len(json.loads(capsys.readouterr().out)["findings"]) == 25


def test_a_type_that_there_is_not(small: Small, monkeypatch, capsys):
    assert run(monkeypatch, small, "check", "brt") == EXIT_BAD_INPUT
    assert 'did you mean "bert"?' in capsys.readouterr().err
    assert run(monkeypatch, small, "check", "bert") == EXIT_CLEAN


def test_no_cache_is_believed_that_was_made_from_something_else(small: Small):
    """What was kept for a template is not taken for it once it reads otherwise, and comes back with it."""
    template = small.root / "templates/skillsets/_base.py.j2"
    text, before = template.read_text(), findings(small)
    template.write_text(text.replace("{% block", "# more\n{% block", 1))
    stale = findings(small)
    template.write_text(text)
    assert findings(small) == before == []
    for path in (small.layout.cache / "plans").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"def ", b"dfe "))
    assert findings(small) == []
    shutil.rmtree(small.layout.cache)
    assert findings(small) == [] and stale != []


def test_two_at_once_and_with_nothing_to_write_to(small: Small):
    shutil.rmtree(small.layout.cache)
    small.layout.cache.write_text("in the way")  # as read-only, but also for root
    both = [small.start("check") for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, ""), out
    assert small.layout.cache.read_text() == "in the way"
