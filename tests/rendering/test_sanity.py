"""A sound file has no problem; each kind of unsound file has exactly its own, with the line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator import sanity
from generator.formatting import format_sources
from generator.naming import Layout
from generator.sanity import GeneratedFile, check
from generator.transforms import TransformFacts, apply

SOUND = '''"""A model type."""

from skillset_runtime import Handler, Skillset

MODEL_ID = "a/b"
ARCHITECTURE = "m"
TASK_TYPE = "fill-mask"


class FillMask(Handler):
    """See https://huggingface.co/home/x and docs/tmp/y; released on 2020-11-03."""

    task = "fill-mask"


class hf_m(Skillset):
    """The skillset."""

    handlers = (FillMask,)
'''
FACTS = TransformFacts(
    path="generated/skillsets/hf_m.py",
    template="skillsets/f.py.j2",
    skillset_class="hf_m",
    tasks=("fill-mask",),
)
UNCLOSED = (
    ":6: does not compile: unterminated string literal (detected at line 6)"
    " (line 6: the string is not closed)"
)
HINT = "; it is written by templates/skillsets/f.py.j2"


def problems(text: str, layout: Layout, facts: TransformFacts = FACTS) -> list[str]:
    return [str(problem) for problem in check({Path(facts.path): GeneratedFile(text, facts)}, layout)]


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> str:
    settings = tmp_path_factory.mktemp("s") / "pyproject.toml"
    settings.write_text("[tool.ruff]\nline-length = 100\n")
    path = Path(FACTS.path)
    return format_sources({path: apply(SOUND, FACTS)}, settings)[path]


def test_a_sound_skillset_has_no_problem(sound, layout):
    assert problems(sound, layout) == []
    assert not (layout.root / "generated").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"m"\n', '"m\n', UNCLOSED),
        ('"a/b"', '"a\\d"', ":5: does not compile: invalid escape sequence '\\d'"),
        ('"a/b"', "undefined", ":5: F821 Undefined name `undefined`"),
        ("from skillset", "import os\n\nfrom skillset", ":3: F401 `os` imported but unused"),
        ('"a/b"', '"a/b"  ', ":5: not formatted"),
        ('"a/b"', '"/home/me/x"', ':5: a path of one machine: "/home/me/x"'),
        ('"a/b"', '"see /tmp"', ':5: a path of one machine: "/tmp"'),
        ('"a/b"', '"at 2024-01-02T03:04"', ':5: a time: "2024-01-02T03:04"'),
        ('"a/b"', '"<object at 0x7f2a>"', ':5: an address or a UUID: "at 0x7f2a"'),
        ('"a/b"', '"123e4567-e89b-12d3-a456-426614174000"', ":5: an address or a UUID: "),
        ("from skillset_runtime", "from .skillset_runtime", ":3: a relative import"),
        ("class FillMask(Handler)", "class Handler(Handler)", ":10: Handler takes the place of another"),
        (
            '"fill-mask"\n\n\nclass',
            '"fill-mask"\n\n\nzip = 1\n\n\nclass',
            ":10: zip takes the place of another",
        ),
        ("MODEL_ID", "OTHER_ID", ": offers no text MODEL_ID"),
        ('TASK_TYPE = "fill-mask"', "TASK_TYPE = None", ": offers no text TASK_TYPE"),
        ("class hf_m", "class hf_n", ": has no class hf_m"),
        ('task = "fill-mask"', 'task = "fill"', ": hf_m has no method create_cpu_fill_mask_"),
        ("hf_m(Skillset)", "hf_m", ": hf_m has no method init"),
        ("(FillMask,)", "(FillMask.wrong,)", ":19: does not import: AttributeError: "),
        ("(FillMask,)", 'FillMask.die("x")', ":19: does not import: AttributeError: "),
        ("import Handler", "import Hndler, Handler", ":3: does not import: ImportError: cannot"),
    ],
)
def test_each_mistake_is_found_with_its_line(sound, layout, old, new, said):
    assert old in sound
    found = problems(sound.replace(old, new, 1), layout)
    assert any(each.startswith(FACTS.path + said) and each.endswith(HINT) for each in found), found


def test_a_path_of_this_very_checkout_is_found(sound, layout):
    [found] = [p for p in problems(sound.replace("a/b", f"{layout.root}/x"), layout) if "machine" in p]
    assert f':5: a path of one machine: "{layout.root}' in found


@pytest.mark.parametrize("name", sanity.imports.probe.HEAVY)
def test_a_skillset_may_not_import_the_heavy_libraries(sound, layout, name):
    hidden = f"\n\ntry:\n    import {name}\nexcept ImportError:\n    {name} = None\n\nX = {name}\n"
    assert any(
        f"importing it imports {name}, which only init() may do" in p
        for p in problems(f"import {name}\n" + sound, layout)
    )
    assert any(f"importing it tries to import {name}" in p for p in problems(sound + hidden, layout))


def test_an_explicit_top_level_exit_or_print_does_no_harm(sound, layout):
    assert any("SystemExit" in p for p in problems(sound + "\n\nraise SystemExit(0)\n", layout))
    assert problems(sound + '\n\nprint("[]")\n', layout) == []


def skillset(number: int, text: str) -> tuple[Path, GeneratedFile]:
    path = f"generated/skillsets/hf_{number}.py"
    return Path(path), GeneratedFile(text, replace(FACTS, path=path))


def test_a_file_that_kills_the_interpreter_costs_itself_alone(sound, layout, monkeypatch):
    monkeypatch.setattr(sanity.imports, "TIMEOUT_S", 4)
    ends = [
        "X = 1",
        "__import__('os').kill(__import__('os').getpid(), 11)",
        "Y = 1 / 0",
        "__import__('time').sleep(60)",
        "Z = 1",
        "__import__('os')._exit(3)",
    ]
    files = dict(skillset(number, f"{sound}\n\n{end}\n") for number, end in enumerate(ends))
    found = [problem for problem in check(files, layout) if "import" in problem.message]
    line = sound.count("\n") + 3
    assert [str(problem).removeprefix("generated/skillsets/hf_") for problem in found] == [
        f"1.py: importing it ended the interpreter with exit code -11{HINT}",
        f"2.py:{line}: does not import: ZeroDivisionError: division by zero{HINT}",
        f"3.py: importing it takes more than 4 s{HINT}",
        f"5.py: importing it ended the interpreter with exit code 3{HINT}",
    ]


def test_many_files_are_checked_together_and_sorted(layout):
    paths = [Path(f"generated/tests/test_{number}.py") for number in reversed(range(3))]
    texts = ["import os\n\nX = y\n", "X = (\n", "X = y\n"]
    files = {
        path: GeneratedFile(text, TransformFacts(path.as_posix(), "t.py.j2"))
        for path, text in zip(paths, texts, strict=True)
    }
    found = [(problem.path[-4], problem.line, problem.message.split()[0]) for problem in check(files, layout)]
    assert found == [("0", 1, "F821"), ("1", 1, "does"), ("2", 1, "F401"), ("2", 3, "F821")]


def test_a_module_sees_nothing_of_the_checks_own_folder(sound, layout):
    path, file = skillset(1, f"{sound}\n\n__import__('probe')\n")
    assert "No module named 'probe'" in str(check({path: file}, layout)[0])
