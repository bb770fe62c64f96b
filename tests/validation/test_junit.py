"""What CI services read: XML whatever a test said, and lines that they show beside the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from junitparser import Error, Failure, JUnitXml, Skipped

from generator.errors import Problem
from generator.validation.junit import Run, text

MATCHER = Path(__file__).parents[2] / ".github" / "problem-matcher.json"


def suites(runs: list[Run]) -> dict[str, list]:
    return {suite.name: list(suite) for suite in JUnitXml.fromstring(text(runs))}


def verdict(folder: Path, **found: object) -> Path:
    path = folder / "bert.json"
    path.write_text(json.dumps({"outcomes": {}, "reasons": {}, "places": {}, **found}))
    return path


def test_each_test_is_a_case_with_its_result(tmp_path):
    outcomes = {"test_a": "passed", "test_b": "failed", "test_c": "skipped", "test_d": "not_run"}
    reasons = {"test_b": "value mismatch\nat logits", "test_c": "no pooler", "test_d": "needs timm"}
    places = {"test_b": "generated/tests/test_hf_bert.py:31"}
    path = verdict(tmp_path, outcomes=outcomes, reasons=reasons, places=places)
    cases = {
        case.name: case.result
        for case in suites([Run("validate:bert", 1.5, "1 failed", path)])["validate:bert"]
    }
    assert cases["test_a"] == []
    (failed,), (skipped,), (absent,) = cases["test_b"], cases["test_c"], cases["test_d"]
    assert isinstance(failed, Failure) and isinstance(skipped, Skipped) and isinstance(absent, Skipped)
    assert failed.message == "generated/tests/test_hf_bert.py:31: value mismatch"
    assert failed.text.endswith("\nat logits")
    assert (skipped.message, absent.message) == ("no pooler", "needs timm")


def test_a_task_that_failed_before_any_test_is_an_error(tmp_path):
    crashed = Run("validate:bert", 2.0, "died of SIGSEGV", verdict(tmp_path))
    broken = Run("generate:vit", 0.1, "specs/models/vit.yaml:3: no such family")
    for name, (case,) in suites([crashed, broken]).items():
        assert case.name == name and isinstance(case.result[0], Error)


@given(st.text(), st.text(min_size=1))
def test_whatever_a_test_says_is_xml(tmp_path_factory, reason, name):
    path = verdict(tmp_path_factory.mktemp("v"), outcomes={name: "skipped"}, reasons={name: reason})
    ((case,),) = suites([Run("validate:bert", 0.0, None, path)]).values()
    assert isinstance(case.result[0], Skipped)


def test_the_problem_matcher_finds_our_lines():
    (pattern,) = json.loads(MATCHER.read_text())["problemMatcher"][0]["pattern"]
    problem = Problem("specs/models/bert.yaml", 12, 'unknown task "fill-maks"', 'did you mean "fill-mask"?')
    for line in (str(problem), f"    {problem}"):
        found = re.match(pattern["regexp"], line)
        assert found and found[pattern["file"]] == problem.path and found[pattern["line"]] == "12"
        assert found[pattern["message"]] == f"{problem.message}; {problem.hint}"
    for other in ("[ 1/40] validate:bert 3.1 s ok", "see https://example.org/a:12: b"):
        assert not re.match(pattern["regexp"], other)
