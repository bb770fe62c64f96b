"""Templates print safe values only; their mistakes are told with file and line."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.errors import ProblemsFound
from generator.render import Renderer
from generator.safe_code import Code

BASE = """\
{% macro field(value) %}<{{ value | literal }}>{% endmacro %}
{% block body %}base{% endblock %}

{{ field("q") }}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "templates"


def write(folder: Path, **templates: str) -> Renderer:
    for name, text in templates.items():
        path = folder / f"{name.replace('__', '/')}.py.j2"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Renderer(folder)


def complaint(renderer: Renderer, template: str = "x.py.j2", /, **context) -> str:
    with pytest.raises(ProblemsFound) as caught:
        renderer.render(template, context)
    return str(caught.value)


def test_blocks_macros_super_includes_and_captures_are_code(folder):
    child = """\
{% extends "base.py.j2" %}
{% block body %}
{% set kept %}{{ 1 | literal }}{% endset %}
{{ super() }} {{ kept }} {{ [1, "a"] | map("literal") | join(", ") }} {% include "part.py.j2" %}
{{ fragment }}
{% endblock %}
"""
    renderer = write(folder, base=BASE, x=child, part="{{ name | identifier }}\n")
    text = renderer.render("x.py.j2", {"name": "n", "fragment": renderer.render("part.py.j2", {"name": "m"})})
    assert text == "base 1 1, 'a' n\nm\n\n\n<'q'>\n"
    assert isinstance(text, Code)


@pytest.mark.parametrize(
    "expression",
    [
        "name",
        "name | upper",
        "name ~ (1 | literal)",
        "name | safe",
        "name | e",
        "'text'",
        "3",
        "name | tojson",
        "none",
        "names",
        "names | join",
        "(name | literal) + name",
        "name | literal | replace('x', 'y')",
        "'%s' | format(name)",
        "dict",
        "self",
    ],
)
def test_nothing_but_code_is_printed(folder, expression):
    renderer = write(folder, x="first\n{{ " + expression + " }}\n")
    said = complaint(renderer, name="x = 1\nimport os", names=["a", "b"])
    assert said.startswith("templates/x.py.j2:2: ")
    assert "would be printed as code" in said


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(alphabet="a\"'\\\n{}%#() "))
def test_data_stays_data_through_a_template(folder, text):
    renderer = write(folder, x='"""{{ v | doc }}"""\n# {{ v | comment }}\nX = {{ v | literal }}\n')
    tree = ast.parse(renderer.render("x.py.j2", {"v": text}))
    assert [type(node).__name__ for node in tree.body] == ["Expr", "Assign"]
    assert ast.literal_eval(tree.body[1].value) == text


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("\n{{ nmae | literal }}", ":2: 'nmae' is undefined; did you mean \"name\"?"),
        (
            "\n\n{{ task.titel | doc }}",
            ":3: 'types.SimpleNamespace object' has no attribute 'titel'; did you mean \"title\"",
        ),
        ("{{ name | literl }}", ":1: No filter named 'literl'.; did you mean \"literal\"?"),
        ("{% if name %}", ":1: Unexpected end of template"),
        ("a\n{{ name | identifier }}", ":2: 'a b' is not usable as an identifier"),
        (
            "a\n{{ task | literal }}",
            ":2: \"namespace(title='t')\" is a SimpleNamespace, which has no literal",
        ),
        (
            "a\n{% include 'prat.py.j2' %}",
            ':2: no template "prat.py.j2"; did you mean "part.py.j2"?',
        ),
        ("\n\n{{ 1 + none }}", ":3: TypeError: unsupported operand"),
        ("{% for t in missing %}{% endfor %}", ":1: 'missing' is undefined"),
    ],
)
def test_a_mistake_has_file_line_and_hint(folder, template, said):
    renderer = write(folder, x=template, part="")
    assert complaint(renderer, name="a b", task=SimpleNamespace(title="t")).startswith(
        "templates/x.py.j2" + said
    )


def test_the_line_is_that_of_the_innermost_template(folder):
    renderer = write(folder, deep___base="\n\n{{ oops | literal }}\n", x='{% extends "deep/_base.py.j2" %}')
    assert complaint(renderer).startswith("templates/deep/_base.py.j2:3: ")


def test_a_template_that_is_not_there_or_not_text(folder):
    renderer = write(folder, x="")
    assert complaint(renderer, "y.py.j2").startswith('templates/y.py.j2: no template "y.py.j2"; did you mean')
    (folder / "x.py.j2").write_bytes(b"caf\xe9")
    assert complaint(renderer) == "templates/x.py.j2: the file is not UTF-8; save it as UTF-8"


@pytest.mark.parametrize(
    "block",
    ["filter replace('x', name) %}x{% endfilter", "call name.upper() %}{% endcall"],
)
def test_no_tag_gets_around_the_check(folder, block):
    renderer = write(folder, x="\n{% " + block + " %}")
    assert ":2: a " in complaint(renderer, name="x") and "prints what nothing checks" in str(
        renderer.lint()[0]
    )


def test_problems_of_a_nested_render_stay_as_they_are(folder):
    renderer = write(folder, x="{{ inner() }}", y="\n{{ oops }}")
    said = complaint(renderer, inner=lambda: renderer.render("y.py.j2", {}))
    assert said == "templates/y.py.j2:2: 'oops' is undefined"


def test_an_error_in_the_toolchain_is_not_blamed_on_a_template(folder):
    with pytest.raises(TypeError):
        write(folder, x="").render("x.py.j2", 3)


def test_reached_is_the_whole_closure(folder):
    renderer = write(
        folder,
        base=BASE,
        middle='{% extends "base.py.j2" %}',
        macros="",
        part='{% from "macros.py.j2" import x %}',
        x='{% extends "middle.py.j2" %}{% block body %}{% include "part.py.j2" %}{% endblock %}',
        other="",
    )
    names = {"x", "middle", "base", "part", "macros"}
    assert renderer.reached("x.py.j2") == {f"{name}.py.j2" for name in names}


def test_lint_reads_every_template(folder):
    renderer = write(
        folder,
        good="",
        _private="{% endif %}",
        computed="\n{% include name %}",
        gone='{% extends "god.py.j2" %}',
        filters="\n\n{{ x | nope }}",
    )
    (folder / "notes.txt").write_text("{% not a template")
    assert [str(problem) for problem in renderer.lint()] == [
        "templates/_private.py.j2:1: Encountered unknown tag 'endif'.",
        "templates/computed.py.j2:2: the template's name is computed; write it as one plain string",
        "templates/filters.py.j2:3: No filter named 'nope'.",
        'templates/gone.py.j2:1: no template "god.py.j2"; did you mean "good.py.j2"?',
    ]


def test_the_templates_of_the_project_have_no_mistakes():
    assert Renderer(Path(__file__).parents[2] / "templates").lint() == []
