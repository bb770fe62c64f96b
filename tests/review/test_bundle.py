"""Bundles: one file that stands alone, holds nothing that is not used, and passes the generated test."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.bundling import bundle as bundling
from generator.bundling.reach import reach
from generator.bundling.source import Source
from generator.errors import ProblemsFound
from generator.naming import Layout
from tests.representatives import ONE_OF_EACH_FAMILY, REPRESENTATIVES

PROJECT = Path(__file__).parents[2]
LAYOUT = Layout(PROJECT)
LIBRARIES = {"bert": {"numpy"}, "vit": {"numpy"}}
"""What a bundle imports when it is loaded; torch and transformers come with the first call."""
HOST = """
import importlib.util, json, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("skillset_runtime", "generator"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
file, name, folder = sys.argv[1:]
spec = importlib.util.spec_from_file_location(name, file)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
heavy = [name for name in ("torch", "transformers") if name in sys.modules]
skillset = getattr(module, name)()
model, processor, handler, queue, size = skillset.init_cpu(folder, "cpu", "cpu:0")
answer = skillset.__test__(model, handler, "cpu:0", processor)
onnx = skillset.init_onnx(folder, "cpu", "onnx:0")[2]
strict = getattr(module, name)(metadata={"strict": True})
try:
    strict.init_onnx(folder, "cpu", "onnx:0")
    refused = ""
except module.SkillsetError as error:
    refused = str(error)
kept = [name for name in sys.modules if name.partition(".")[0] in ("skillset_runtime", "generator")]
told = {"heavy": heavy, "keys": sorted(answer), "kept": kept, "fallback": onnx.fallback_from}
print(json.dumps({**told, "refused": refused}))
"""


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {name: bundling.bundle(LAYOUT, name) for name in ("bert", "vit")}


def test_a_bundle_is_the_same_each_time_and_defines_nothing_unused(texts: dict[str, str]):
    for name, text in texts.items():
        assert bundling.bundle(LAYOUT, name) == text
        tree = ast.parse(text)
        imported = {node.module or "." for node in tree.body if isinstance(node, ast.ImportFrom)}
        imported |= {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
        assert {module.partition(".")[0] for module in imported} - sys.stdlib_module_names == LIBRARIES[name]
        defined = [node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        assert len(defined) == len(set(defined))
        read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        quoted = (text for text in constants if isinstance(text, str) and "\n" not in text)
        read.update(word for text in quoted for word in re.findall(r"\w+", text))
        loose = [one for one in defined if one not in read]
        assert loose == [f"hf_{name}"]


def test_it_keeps_comments_and_says_where_each_part_is_from(texts: dict[str, str]):
    text = texts["bert"]
    assert text.startswith('"""BERT: load a `bert` checkpoint')
    assert "Made from generated/skillsets/hf_bert.py and what it uses of skillset_runtime" in text
    assert "\n# skillset_runtime/handler.py\n# The endpoint handler:" in text
    assert "finalizer.atexit = False  # a process that ends needs nothing given back" in text
    assert text.index("# skillset_runtime/errors.py") < text.index("# generated/skillsets/hf_bert.py")
    assert "def read_audio" not in text and "class PromptHandler" not in text
    assert "read_audio" not in texts["vit"] and "def read_images" in texts["vit"]


@pytest.mark.parametrize("model_type", ["patchtst", "vit"])
def test_a_host_with_torch_and_transformers_alone_loads_it_by_path(model_type: str, tmp_path: Path):
    from generator.execution import checkpoint
    from generator.specs import catalogue

    spec = catalogue.load_model(LAYOUT, model_type)
    folder = checkpoint.ensure(spec, spec.default_task, LAYOUT.cache)
    file = tmp_path / f"hf_{model_type}.py"
    file.write_text(bundling.bundle(LAYOUT, model_type))
    ran = subprocess.run(
        [sys.executable, "-I", "-c", HOST, str(file), file.stem, str(folder)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    told = ast.literal_eval(ran.stdout.splitlines()[-1])
    assert told["heavy"] == told["kept"] == []
    assert "implementation_type" in told["keys"]
    assert told["fallback"] == "onnx"
    assert told["refused"].startswith("onnx: ")


@pytest.mark.parametrize("model_type", ONE_OF_EACH_FAMILY)
def test_it_passes_the_generated_test_of_its_skillset(model_type: str, tmp_path: Path):
    file = tmp_path / f"hf_{model_type}.py"
    file.write_text(bundling.bundle(LAYOUT, model_type))
    test = LAYOUT.test(model_type).relative_to(PROJECT)
    words = [str(test), "--target", "skillset", "--skillset", str(file), "-q", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=PROJECT, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout[-4000:]
    assert " passed" in ran.stdout


@pytest.mark.parametrize("model_type", REPRESENTATIVES)
def test_each_bundle_imports_by_itself(model_type: str):
    space: dict[str, object] = {"__name__": "not_in_sys_modules"}
    exec(compile(bundling.bundle(LAYOUT, model_type), model_type, "exec", dont_inherit=True), space)
    assert space[f"hf_{model_type}"].tasks is not None


def test_without_a_skillset_it_is_told_what_to_run(tmp_path: Path):
    with pytest.raises(ProblemsFound, match="no skillset to bundle; generate it: doit generate:gone"):
        bundling.bundle(Layout(tmp_path), "gone")


def test_a_skillset_that_does_not_parse_or_imports_the_runtime_late_is_told(tmp_path: Path):
    layout = Layout(tmp_path)
    (tmp_path / "skillset_runtime").symlink_to(PROJECT / "skillset_runtime")
    layout.skillset("m").parent.mkdir(parents=True)
    layout.skillset("m").write_text("def f(:\n")
    with pytest.raises(ProblemsFound, match=r"generated/skillsets/hf_m\.py:1: does not parse"):
        bundling.bundle(layout, "m")
    layout.skillset("m").write_text("import os\ndef f():\n    from skillset_runtime import samples\n")
    with pytest.raises(ProblemsFound, match=r"hf_m\.py:3: imports skillset_runtime within a function"):
        bundling.bundle(layout, "m")


# Names that clash in every way there is: two modules' own, a local one, a library's, a builtin's.
CLASHING = {
    "skillset_runtime": "from skillset_runtime.one import start\n",
    "skillset_runtime.one": """'''One.'''
import copy
from skillset_runtime import two
from skillset_runtime.two import make as build

VALUE = "one"
'''what one is'''

def start(value, make="local"):
    size = two.{name}(value)  # kept
    return [VALUE, size, make, build(value), copy.copy(value), later()]

def later() -> 'Late':
    return two.Late().told()

def unused(): ...
""",
    "skillset_runtime.two": """from copy import copy
import json

VALUE = "two"

class Late:
    def told(self) -> Late:
        return (VALUE, copy(VALUE), json.dumps(VALUE))

def make(value):
    return ("make", value)

def size(value):
    return ("size", value)

def len(value):
    return ("len", value)

def start(value):
    return ("start", value)
""",
}


@settings(deadline=None)
@given(st.sampled_from(["make", "size", "len", "start"]), st.sampled_from(["VALUE", "start", "make", "copy"]))
def test_names_that_clash_still_mean_what_they_meant(name: str, own: str):
    texts = {module: text.replace("{name}", name) for module, text in CLASHING.items()}
    skillset = f"from skillset_runtime import start as begin\n{own} = 'own'\nRESULT = begin(3), {own}\n"
    source = Source("hf_m", skillset, frozenset(texts))
    reached = reach(source, lambda module: Source(module, texts[module], frozenset(texts)))
    space: dict[str, object] = {"__name__": "m"}
    exec(bundling._Writer(reached, "hf_m.py", "m").text(), space)
    late = ("two", "two", '"two"')
    assert space["RESULT"] == (["one", (name, 3), "local", ("make", 3), 3, late], "own")
    assert space[own] == "own"
    assert "unused" not in space
