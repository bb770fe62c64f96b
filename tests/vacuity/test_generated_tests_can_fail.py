"""The generated tests of each family notice mistakes; and where they could not, that is noticed too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from representatives import ONE_OF_EACH_FAMILY

from generator import commands
from generator.execution.pool import Pool
from generator.graph.steps import VACUITY, StepFailed
from generator.naming import Layout
from generator.specs import catalogue
from generator.vacuity import known, results, run
from generator.vacuity.run import Status, judge

ROOT = Path(__file__).parents[2]
LAYOUT = Layout(ROOT)
MUTANTS = 20
"""Of each type: all of them take minutes, and are judged by `doit vacuity`."""


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    with Pool(tmp_path_factory.mktemp("pool"), preload=VACUITY.warm) as found:
        yield found


@pytest.mark.parametrize("model_type", ONE_OF_EACH_FAMILY)
def test_mistakes_are_noticed(model_type, pool):
    family, told = catalogue.load_model(LAYOUT, model_type).family, known.load(LAYOUT)
    verdicts = judge(LAYOUT, model_type, pool, MUTANTS, seed=1)
    assert [verdict.reason for verdict in verdicts if verdict.status is Status.NOT_JUDGED] == []
    alive = [verdict for verdict in verdicts if verdict.status is Status.SURVIVED]
    lost = [verdict for verdict in alive if not told.equivalent(verdict, family)]
    assert len(lost) <= MUTANTS * (1 - results.WANTED), lost
    assert [verdict for verdict in lost if not told.survivor(verdict, family)] == []


@pytest.fixture
def copy(tmp_path) -> Layout:
    """A checkout with one type, whose files may be changed."""
    root = tmp_path / "checkout"
    for name in ("generated", "specs", "templates", "skillset_runtime", "pyproject.toml", "dodo.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if name != "generated":
            (root / name).symlink_to(ROOT / name)
    layout = Layout(root)
    for path_of in (Layout.skillset, Layout.test, Layout.expectations):
        path = path_of(layout, "patchtst")
        path.parent.mkdir(parents=True)
        path.write_text(path_of(LAYOUT, "patchtst").read_text(encoding="utf-8"), encoding="utf-8")
    layout.cache.mkdir()
    (layout.cache / "checkpoints").symlink_to(LAYOUT.cache / "checkpoints")
    return layout


def test_a_test_that_cannot_fail_kills_nothing(copy, pool, monkeypatch, capsys):
    vacuous = 'MODEL_TYPE = "patchtst"\n\n\ndef test_nothing():\n    assert True\n'
    copy.test("patchtst").write_text(vacuous, encoding="utf-8")
    monkeypatch.setattr(run, "mutants", lambda *given: MADE(*given)[:4])
    run.run(copy, "patchtst", pool, report=lambda _: None)
    found = results.collect(copy, ["patchtst"])
    assert [each.verdict.status for each in found] == [Status.SURVIVED] * 4
    for each in found:  # and stays, to be run again by the command that is told
        file = copy.root / each.verdict.command.split("--skillset ")[1]
        assert file.read_text(encoding="utf-8") != copy.skillset("patchtst").read_text(encoding="utf-8")
    monkeypatch.chdir(copy.root)
    assert commands.main(["mutants", "--json"]) == 1
    assert [each["status"] for each in json.loads(capsys.readouterr().out)] == ["survived"] * 4
    assert commands.main(["mutants"]) == 1
    assert "hf_patchtst.py:11: wrong constant" in capsys.readouterr().out


MADE = run.mutants


def test_a_skillset_that_fails_itself_has_no_mutants_judged(copy, pool, monkeypatch):
    skillset = copy.skillset("patchtst")
    text = skillset.read_text(encoding="utf-8")
    skillset.write_text(text.replace('ARCHITECTURE = "patchtst"', 'ARCHITECTURE = "x"'), encoding="utf-8")
    monkeypatch.setattr(run, "mutants", lambda *given: MADE(*given)[:2])
    for verdict in judge(copy, "patchtst", pool):
        assert verdict.status is Status.NOT_JUDGED
        assert verdict.reason.startswith("the skillset itself does not pass: ")


@pytest.mark.parametrize(
    ("mistake", "becomes", "noticed"),
    [
        ("self.device", "self.device)\n        while True:\n            (0", "timed_out"),
        ("from skillset_runtime import", "import os\n\nos._exit(3)\nfrom skillset_runtime import", "crashed"),
        (
            "from skillset_runtime import",
            "from nowhere import nothing\nfrom skillset_runtime import",
            "test_",
        ),
    ],
)
def test_a_mutant_that_hangs_dies_or_does_not_import_is_killed(
    copy, pool, monkeypatch, mistake, becomes, noticed
):
    monkeypatch.setattr(run, "SECONDS", 3.0)
    made = MADE(copy.skillset("patchtst").read_text(encoding="utf-8"), ())[0]
    text = copy.skillset("patchtst").read_text(encoding="utf-8").replace(mistake, becomes, 1)
    broken = type(made)(**{**made.__dict__, "text": text})
    monkeypatch.setattr(run, "mutants", lambda *_: [broken])
    [verdict] = judge(copy, "patchtst", pool)
    assert (verdict.status, verdict.judged) == (Status.KILLED, False)
    assert noticed in verdict.reason


def test_a_run_that_is_stopped_tells_nothing(copy):
    closed = Pool(copy.cache / "pool")
    closed.close()
    with pytest.raises(StepFailed):
        run.run(copy, "patchtst", closed, report=lambda _: None)
    assert not copy.vacuity("patchtst").exists()


def test_before_anything_was_judged_that_is_said(copy, monkeypatch, capsys):
    monkeypatch.chdir(copy.root)
    assert commands.main(["mutants"]) == 2
    assert "run: doit vacuity:bert" in capsys.readouterr().err
    assert commands.main(["mutants", "patchtsd", "a\nb"]) == 2
    told = capsys.readouterr().err
    assert 'no spec of "patchtsd"; did you mean "patchtst"?' in told and len(told.splitlines()) == 2
    copy.vacuity("patchtst").parent.mkdir()
    copy.vacuity("patchtst").write_text('{"mutants": [{"na', encoding="utf-8")
    assert commands.main(["mutants"]) == 2
