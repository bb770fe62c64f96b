"""What each operator makes of a line, and that the mutants of a skillset are the same ones every time."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import libcst as cst
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.naming import Layout
from generator.vacuity.mutants import Mutant, mutants, sample
from generator.vacuity.operators import OPERATORS

LAYOUT = Layout(Path(__file__).parents[2])
HEADS = ("TinyModel", "TinyForMaskedLM")
HANDLER = """\
class FillMask(Handler):
    task = "fill-mask"
    model_class = "TinyForMaskedLM"
    {attribute}

    def answer(self, texts):
        {line}
"""
LINES = {
    "outputs swapped": [
        ("start, end = divmod(place, 3)", "end, start = divmod(place, 3)"),
        ("return best.values", "return best.indices"),
        ('return {"a": one, "b": two}', 'return {"a": two, "b": one}'),
    ],
    "keyword dropped": [("x = f(a, top_k=3)", "x = f(a)")],
    "input not passed on": [("x = f(**inputs)", "x = f(**dict([*inputs.items()][:-1]))")],
    "argument repeated": [("x = f(a, b)", "x = f(a, a)")],
    "step left out": [("x = y.softmax(-1)", "x = y"), ("x = self.probabilities(y)", "x = y")],
    "device ignored": [("x = y.to(self.device)", "x = y"), ("x = f(y, device=z)", "x = f(y)")],
    "wrong pooling": [("x = y.mean(1)", "x = y.sum(1)"), ("x = all(y)", "x = any(y)")],
    "wrong axis": [("x = y.sum(1)", "x = y.sum(-1)"), ("x = f.topk(y, dim=-1)", "x = f.topk(y, dim=0)")],
    "off by one": [("x = y[2:]", "x = y[3:]")],
    "wrong arithmetic": [("x = y * mask", "x = y / mask"), ("x = y * mask", "x = y"), ("x = ~y", "x = y")],
    "mask dropped": [("x = y[kept]", "x = y")],
    "condition negated": [("x = [y for y in z if y]", "x = [y for y in z if not y]")],
    "wrong comparison": [("x = y < z", "x = y <= z"), ("x = y == z", "x = y != z")],
    "error swallowed": [("raise InputError", "pass"), ("self.check_length(x, 3)", "pass")],
    "batch truncated": [("x = texts", "texts = texts[:1]")],
    "constant answer": [('return {"a": b}', 'return {"a": self.__dict__.setdefault("a", b)}')],
    "one answer for all": [('return {"a": b}', 'return {"a": (lambda rows: [rows[0]] * len(rows))(b)}')],
    "answers in wrong order": [('return {"a": b}', 'return {"a": list(b)[::-1]}')],
    "answer left out": [('return {"a": b}', 'return {"a": list(b)[:-1]}')],
}
PAIRS = [(operator, *pair) for operator, pairs in LINES.items() for pair in pairs]


def of_line(line: str, attribute: str = "draws = True") -> list[Mutant]:
    return mutants(HANDLER.format(line=line, attribute=attribute), HEADS)


@pytest.mark.parametrize(("operator", "before", "after"), PAIRS)
def test_an_operator_makes_its_mistake(operator, before, after):
    found = [mutant for mutant in of_line(before) if mutant.operator == operator]
    assert any(after in mutant.text for mutant in found), [mutant.after for mutant in found]
    assert {mutant.task for mutant in found} == {"fill-mask"}


def test_an_operator_changes_what_a_module_says_of_itself():
    source = 'MODEL_ID = "a/b"\n\n\n' + HANDLER.format(line="pass", attribute="draws = True")
    source += "\n\nclass hf_tiny(Skillset):\n    handlers = (\n        FillMask,\n        Other,\n    )\n"
    made = {(mutant.operator, mutant.before, mutant.after) for mutant in mutants(source, HEADS)}
    assert ("wrong constant", 'MODEL_ID = "a/b"', 'MODEL_ID = "another"') in made
    assert ("wrong class", 'model_class = "TinyForMaskedLM"', 'model_class = "TinyModel"') in made
    assert ("attribute dropped", "draws = True", "") in made
    assert len([operator for operator, *_ in made if operator == "handlers disordered"]) == 2


def test_a_handler_of_single_items_has_no_mistakes_of_batches():
    made = {mutant.operator for mutant in of_line('return {"a": b}', attribute="batch_size = 1")}
    assert "constant answer" in made
    assert made.isdisjoint({"batch truncated", "one answer for all", "answers in wrong order"})


@pytest.mark.parametrize(
    "line", ["x = zip(y, z, strict=True)", "x: int = 3", '"""Text."""', "x = super().example()"]
)
def test_what_changes_nothing_is_left_alone(line):
    operators = {"keyword dropped", "step left out"}
    assert not [mutant for mutant in of_line(line) if mutant.operator in operators]


@pytest.mark.parametrize("model_type", ["llava", "patchtst"])
def test_mutants_are_whole_different_and_always_the_same(model_type):
    text = LAYOUT.skillset(model_type).read_text(encoding="utf-8")
    made = mutants(text, HEADS)
    assert made == mutants(text, HEADS)
    assert len({mutant.text for mutant in made} | {text}) == len(made) + 1
    assert len({mutant.name for mutant in made}) == len(made)
    for mutant in made:
        assert ast.dump(ast.parse(mutant.text)) != ast.dump(ast.parse(text))
        assert mutant.before in " ".join(text.split())


@cache
def of_patchtst() -> list[Mutant]:
    return mutants(LAYOUT.skillset("patchtst").read_text(encoding="utf-8"), HEADS)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(st.integers(0, 300), st.integers())
def test_a_sample_has_of_each_operator_before_it_has_more_of_one(count, seed):
    made = of_patchtst()
    chosen = sample(made, count, seed)
    assert chosen == sample(made[::-1], count, seed)
    assert len(chosen) == min(count, len(made)) and set(chosen) <= set(made)
    counts = {operator.name: 0 for operator in OPERATORS if operator.name in {m.operator for m in made}}
    for mutant in chosen:
        counts[mutant.operator] += 1
    most = max(counts.values())
    for name, number in counts.items():
        assert number >= most - 1 or number == len([m for m in made if m.operator == name])


def test_comments_and_the_layout_of_other_lines_stay():
    source = HANDLER.format(line="x = f(a, b)  # why", attribute="draws = True") + "\n\n# the end\n"
    for mutant in mutants(source, HEADS):
        assert mutant.text.endswith("\n\n# the end\n")
        cst.parse_module(mutant.text)
