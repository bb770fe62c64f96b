"""Before and after of each transform; doing it twice is doing it once; comments survive."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from time import process_time

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import transforms
from generator.code_overlay import parse
from generator.errors import ProblemsFound
from generator.formatting import format_sources
from generator.transforms import (
    TRANSFORMS,
    TransformFacts,
    apply,
    code_overlay,
    names,
    unused_helpers,
    unused_imports,
)

FACTS = TransformFacts(
    path="generated/skillsets/hf_m.py",
    template="skillsets/f.py.j2",
    skillset_class="hf_m",
    tasks=("fill-mask",),
)


def check(transform, before: str, after: str, facts: TransformFacts = FACTS) -> None:
    once = transform(cst.parse_module(dedent(before)), facts)
    assert once.code == dedent(after)
    assert transform(once, facts).code == once.code


def test_unused_imports_go_and_comments_stay():
    before = """\
    # the licence
    from __future__ import annotations
    # group one
    import os
    import os.path as p
    import xml.dom  # used as xml
    import torch  # noqa: F401
    from typing import (
        Any,  # why Any
        Iterable,  # why Iterable
    )
    # group two
    from a import b as c, d, e as f
    from star import *
    import used, unused

    def g(x: Any, y: "d") -> "list[f]":
        import local
        return xml, used
    # the end
    """
    after = """\
    # the licence
    from __future__ import annotations
    # group one
    import xml.dom  # used as xml
    import torch  # noqa: F401
    from typing import (
        Any,  # why Any
        )
    # group two
    from a import d, e as f
    from star import *
    import used

    def g(x: Any, y: "d") -> "list[f]":
        import local
        return xml, used
    # the end
    """
    check(unused_imports.transform, before, after)


def test_a_comment_above_the_last_import_of_all_stays():
    check(unused_imports.transform, "# head\n\n# why\nimport os\n# end\n", "# head\n\n# why\n# end\n")


def test_what_all_lists_is_used():
    source = 'from a import b\n\n__all__ = ["b"]\n'
    check(unused_imports.transform, source, source)


def test_a_string_is_no_use():
    check(unused_imports.transform, 'import a\nx = "a"\n', 'x = "a"\n')


def test_a_module_in_order_is_left_untouched():
    module = cst.parse_module("import os\nprint(os)\n")
    assert unused_imports.transform(module, FACTS) is module


imports = st.sampled_from(
    [
        "import a",
        "import a.b",
        "import a as b",
        "from a import b",
        "from a import b, c as d",
        "import a, c",
        "from a import (\n    b,  # x\n    c,\n)",
        "from skillset_runtime import Skillset",
        "from __future__ import annotations",
        "import c  # noqa",
        "# a comment",
        "\n",
    ]
)
statements = st.sampled_from(
    [
        "print(a)",
        "x: 'b' = c.d",
        "@a\ndef f(a, b=c):\n    return d",
        "class hf_m: ...",
        "# a comment",
        "\n",
        "class hf_m:\n    init_cpu = 1\n    # last",
        "@a\nclass hf_m(b.c):\n    '''doc'''\n    def f(self): ...",
        "__all__ = ['d']",
        "class hf_m:\n    handlers = ()",
    ]
)
modules = st.tuples(st.lists(imports), st.lists(statements)).map(
    lambda parts: "\n".join([*parts[0], *parts[1]]) + "\n"
)


def test_what_comes_out_is_formatted_as_the_project_is(settings):
    before = (
        "from skillset_runtime import Handler, InputError, Skillset\n\nclass hf_m(Skillset):\n    x = 1\n"
    )
    path = Path("x.py")
    assert format_sources({path: apply(before, FACTS)}, settings)[path] == (
        "from skillset_runtime import Skillset\n\n\nclass hf_m(Skillset):\n    x = 1\n"
    )


@given(modules)
def test_any_module_reaches_its_end_in_one_pass(source):
    try:
        ast.parse(source)
    except SyntaxError:  # a late __future__ parses, and is for the compiler to refuse
        return
    once = apply(source, FACTS)
    ast.parse(once)
    assert apply(once, FACTS) == once
    assert once.count("# a comment") == source.count("# a comment")


@given(modules)
def test_what_is_shortened_for_libcst_comes_out_as_without(source):
    try:
        ast.parse(source)
    except SyntaxError:
        return
    whole = cst.parse_module(source)
    for transform in TRANSFORMS:
        whole = transform(whole, FACTS)
    assert apply(source, FACTS) == whole.code


def test_unused_helpers_go_and_what_they_alone_used():
    before = """\
    import pytest

    def used(): ...  # by a test

    # only for the next
    def inner(): ...

    def outer():
        return inner() + recursive()

    def recursive():
        return recursive()

    @pytest.fixture
    def fixture(): ...

    def test_x():
        used()
    """
    after = """\
    import pytest

    def used(): ...  # by a test

    @pytest.fixture
    def fixture(): ...

    def test_x():
        used()
    """
    check(unused_helpers.transform, before, after)


def test_every_transform_of_the_folder_is_listed_once():
    folder = Path(transforms.__file__).parent
    modules = [path.stem for path in folder.glob("*.py") if "def transform(" in path.read_text()]
    assert sorted(one.__module__.rpartition(".")[2] for one in TRANSFORMS) == sorted(modules)


def test_what_does_not_parse_is_told_with_its_line_and_template():
    with pytest.raises(ProblemsFound) as caught:
        apply("x = 1\ndef f(:\n", FACTS)
    said = str(caught.value)
    assert said.startswith("generated/skillsets/hf_m.py:2: does not parse: ")
    assert said.endswith("; it is written by templates/skillsets/f.py.j2")


OVERLAY = """\
'''Why.'''
import used

class hf_m(Generated):
    @adds(before="last")
    def added(self): ...  # so

    @wraps("0")
    def last(self):
        return self.generated_last()
"""


def test_a_code_overlay_goes_where_it_says():
    before = """\
    import os

    class hf_m:
        a = 1

        # the last
        def last(self):
            return os
    """
    after = """\
    import os
    import used

    class hf_m:
        a = 1
        def added(self): ...  # so

        def last(self):
            return self.generated_last()


        # the last
        def generated_last(self):
            return os
    """
    facts = replace(FACTS, overlay=parse.parse(OVERLAY, "specs/overlays/m.py"))
    check(code_overlay.transform, before, after, facts)


def large(classes: int) -> str:
    """A skillset with much to leave out: an import, a helper and a class for each."""
    imports = "".join(f"from a import b{n}, c{n}\n" for n in range(classes))
    helpers = "".join(f"def h{n}():\n    return b{n}, h{n + 1}\n\n" for n in range(classes))
    handlers = "".join(f"class C{n}:\n    def f(self):\n        return c{n}\n\n" for n in range(classes))
    return (
        f"{imports}\n{helpers}{handlers}class hf_m:\n    def last(self):\n        return h{classes // 2}()\n"
    )


def cost(transform, classes: int) -> float:
    """The least of some runs, in seconds of the processor."""
    module = cst.parse_module(large(classes))
    facts = replace(FACTS, overlay=parse.parse(OVERLAY, "specs/overlays/m.py"))
    times = []
    for _ in range(3):
        names.syntax_tree.cache_clear()
        started = process_time()
        transform(module, facts)
        times.append(process_time() - started)
    return min(times)


@pytest.mark.parametrize("transform", TRANSFORMS, ids=lambda one: one.__module__.rpartition(".")[2])
def test_a_transform_takes_time_in_proportion_to_the_file(transform):
    small, four_times = cost(transform, 100), cost(transform, 400)
    assert four_times < 8 * small + 0.02, f"{four_times / small:.1f} times the time for 4 times the file"
