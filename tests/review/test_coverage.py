"""Template coverage: every branch of the real templates, each kind of branch, and the allow-list."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent

import pytest
from jinja2 import Template

from generator import commands
from generator.errors import EXIT_BAD_INPUT, EXIT_CLEAN, EXIT_DRIFT
from generator.naming import Layout
from generator.review.branches import BranchRenderer
from generator.review.coverage import coverage
from tests.review.overlaid import PROJECT, checkout


def untaken(folder: Path, templates: dict[str, str], name: str, *contexts: dict[str, object]) -> set[str]:
    """What is not taken when a template is rendered with each of the contexts."""
    for path, text in templates.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(dedent(text))
    renderer = BranchRenderer(folder, ("t",))
    assert renderer.lint() == []
    for context in contexts:
        renderer.render(name, context)
    return {branch.name for branch in renderer.branches if branch not in renderer.taken}


def test_every_branch_of_the_templates_is_taken_or_has_its_reason() -> None:
    found = coverage(Layout(PROJECT))
    assert [str(problem) for problem in found.problems] == []
    assert found.branches > 900


@pytest.mark.parametrize(
    ("template", "contexts", "expected"),
    [
        ("{% if a %}x{% endif %}", [{"a": 1}], {"else of: if a"}),
        ("{% if a %}x{% endif %}", [{"a": 0}], {"if a"}),
        ("{% if a %}x{% endif %}", [{"a": 0}, {"a": 1}], set()),
        ("{% if a %}x{% else %}y{% endif %}", [{"a": 1}], {"else of: if a"}),
        ("{% if a %}x{% elif b %}y{% else %}z{% endif %}", [{"a": 0, "b": 1}], {"if a", "else of: if a"}),
        ("{% if a %}x{% elif b %}y{% endif %}", [{"a": 0, "b": 0}], {"if a", "elif b"}),
        ("{% if a %}x{% endif %}{% if a %}y{% endif %}", [{"a": 0}], {"if a", "if a (2)"}),
        (
            "{% if a %}{% if b %}x{% endif %}{% endif %}",
            [{"a": 1, "b": 1}],
            {"else of: if a", "else of: if b"},
        ),
        ("{% for x in a %}{{ x | literal }}{% endfor %}", [{"a": []}], {"for x in a"}),
        ("{% for x in a %}x{% else %}y{% endfor %}", [{"a": [1]}], {"else of: for x in a"}),
        ("{% for x in a if x %}x{% endfor %}", [{"a": [0]}], {"for x in a if x"}),
        ("{% macro m(x) %}x{% endmacro %}", [{}], {"macro m(x)"}),
        ("{% macro m(x) %}x{% endmacro %}{{ m(1) }}", [{}], set()),
        ("{% set y = (1 if a else 2) %}", [{"a": 1}], {"else of: if within: {% set y = (1 if a else 2) %}"}),
        ("{{ (1 if a else 2) | literal }}", [{"a": 0}], {"if within: {{ (1 if a else 2) | literal }}"}),
        ("{% raw %}{% if a %}{% endraw %}{% if b %}x{% endif %}", [{"b": 1}], {"else of: if b"}),
        ("{%- if a -%}x{%- endif -%}", [{"a": 1}], {"else of: if a"}),
        ("{# {% if no %} #}{% if\n  a\n  and b %}x{% endif %}", [{"a": 1, "b": 1}], {"else of: if a and b"}),
        ("{% block empty %}\n{% endblock %}", [{}], set()),
    ],
)
def test_each_kind_of_branch(
    tmp_path: Path, template: str, contexts: list[dict[str, object]], expected: set[str]
) -> None:
    assert untaken(tmp_path, {"t/x.j2": template}, "t/x.j2", *contexts) == expected


def test_a_block_that_is_always_replaced_and_a_template_that_nothing_renders(tmp_path: Path) -> None:
    templates = {
        "t/base.j2": "{% block a %}x{% endblock %}{% block b %}y{% endblock %}",
        "t/child.j2": '{% extends "t/base.j2" %}{% block a %}z{% endblock %}',
        "t/lonely.j2": "x",
        "elsewhere/other.j2": "{% if a %}x{% endif %}",
    }
    assert untaken(tmp_path, templates, "t/child.j2", {}) == {"block a", "the whole template"}


def test_probes_leave_the_text_as_it_is(tmp_path: Path) -> None:
    template = (
        "{% if a %}\n  x\n{% elif b %}\n y\n{% endif %}\n"
        "{% for c in a %}{{ (1 if loop.first else 2) | literal }},{% endfor %}"
    )
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "x.j2").write_text(template)
    renderer = BranchRenderer(tmp_path, ("t",))
    plain = Template(template.replace(" | literal", ""), trim_blocks=True, lstrip_blocks=True)
    for context in ({"a": [1, 2], "b": 0}, {"a": [], "b": 1}, {"a": [], "b": 0}):
        assert renderer.render("t/x.j2", context) == plain.render(context)


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    """A checkout of bert alone, which leaves many branches untaken; each is allowed."""
    layout = checkout(tmp_path_factory.mktemp("covered") / "checkout", "bert")
    allow(layout, [(branch.template, branch.name) for branch in coverage(layout).untaken])
    return layout


@pytest.fixture
def layout(templates: Layout, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """The same; each test leaves the allow-list as it was."""
    monkeypatch.chdir(templates.root)
    before = listed(templates).read_text()
    yield templates
    listed(templates).write_text(before)


def listed(layout: Layout) -> Path:
    return layout.templates / "untaken.yaml"


def allow(layout: Layout, branches: list[tuple[str, str]]) -> None:
    entries = [
        {"template": template, "branch": name, "reason": "only bert is here"} for template, name in branches
    ]
    listed(layout).write_text(json.dumps({"branches": entries}, indent=1))


def test_what_is_allowed_is_no_problem(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["coverage"]) == EXIT_CLEAN
    assert commands.main(["coverage", "--json"]) == EXIT_CLEAN
    out = capsys.readouterr().out
    found = json.loads(out[out.index("{") :])
    assert len(found["untaken"]) == len(found["allowed"]) > 100


def test_what_has_no_reason_is_told_with_its_line(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    entries = json.loads(listed(layout).read_text())["branches"]
    name, gone = "if processor_options", "skillsets/tasks/_handler.py.j2"
    allow(
        layout,
        [(e["template"], e["branch"]) for e in entries if (e["template"], e["branch"]) != (gone, name)],
    )
    assert commands.main(["coverage"]) == EXIT_DRIFT
    lines = (layout.templates / gone).read_text().split("\n")
    line = lines.index("{% if processor_options %}") + 1
    assert f"templates/{gone}:{line}: no model type takes: {name}; " in capsys.readouterr().err


def test_entries_that_are_wrong_are_told_together(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    handler = "skillsets/tasks/_handler.py.j2"
    allow(
        layout,
        [(handler, "if parameters"), (handler, "if procesor_class"), ("skillsets/tasks/_handlr.py.j2", "x")],
    )
    assert commands.main(["coverage"]) == EXIT_BAD_INPUT
    told = capsys.readouterr().err
    assert '"if parameters" is taken by bert; take the entry out' in told
    assert 'did you mean "if processor_class"?' in told
    assert 'did you mean "skillsets/tasks/_handler.py.j2"?' in told
    assert all(line.startswith("templates/untaken.yaml:") for line in told.strip().splitlines())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("branches: [{template: x, branch: y}]", '"reason" is missing'),
        ("branches: [{template: x, branch: y, reason: short}]", "is too short"),
        ("branche: []", 'unknown key "branche"; did you mean "branches"?'),
        ("a: [", "not valid YAML"),
    ],
)
def test_a_broken_list_is_told(
    layout: Layout, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    listed(layout).write_text(text)
    assert commands.main(["coverage"]) == EXIT_BAD_INPUT
    assert said in capsys.readouterr().err


def test_a_broken_spec_is_told(layout: Layout, capsys: pytest.CaptureFixture[str]) -> None:
    layout.overlay("bert").write_text("entries: []\n")
    try:
        assert commands.main(["coverage"]) == EXIT_BAD_INPUT
    finally:
        layout.overlay("bert").unlink()
    assert "specs/overlays/bert.yaml:1:" in capsys.readouterr().err
