"""The pytest plugin behind generated tests: what they ask, of whom, and what is made of the answers.

`--target reference` asks the test's own references, which call transformers directly, and records what
they answer. `--target skillset` asks the skillset, as a host would, and judges it by the expectations: on the
hardware target `--hardware`, in `--precision`, which says how near the answers must be.
"""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.naming import Layout
from generator.specs import catalogue
from generator.specs.schema import ModelSpec
from generator.validation import accuracy, expectations, libraries
from generator.validation.compare import Comparison, compare
from generator.validation.expectations import Case
from generator.validation.greeting import is_input_error
from generator.validation.record import Record
from generator.validation.subjects import Asked, Reference, SkillsetSubject, Subject, UnsupportedTask
from generator.validation.summary import describe
from skillset_runtime.accuracy import Accuracy
from skillset_runtime.errors import SkillsetError

_RECORD = pytest.StashKey[Record]()
_SPECS = pytest.StashKey[dict[str, ModelSpec]]()
_REPEATS = 3

NOT_CHOSEN = "another task is tested"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("generated skillset tests")
    group.addoption("--target", choices=("reference", "skillset"), default="skillset", help="what is asked")
    group.addoption(
        "--hardware", default="cpu", metavar="NAME", help="the target that a skillset is asked on"
    )
    group.addoption("--precision", default="float32", metavar="NAME", help="the precision it is asked in")
    group.addoption(
        "--placement", action="store_true", help="check where tensors are, on a device that is absent here"
    )
    group.addoption(
        "--skillset", type=Path, metavar="FILE", help="the file to ask in the place of the generated skillset"
    )
    group.addoption("--task", metavar="NAME", help="test one task alone")
    group.addoption("--record", type=Path, metavar="FILE", help="write observations and results as JSON")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_RECORD] = Record()
    config.stash[_SPECS] = {}


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("--record")
    if path:
        path.write_text(json.dumps(session.config.stash[_RECORD].plain()), encoding="utf-8")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the cases for which the spec declares a reason, or a library that is absent; and nothing else."""
    for item in items:
        model_type = getattr(getattr(item, "module", None), "MODEL_TYPE", None)
        if model_type is None:
            continue
        spec, record = _spec(config, model_type), config.stash[_RECORD]
        record.missing = record.missing or libraries.missing(spec.requires)
        reason = libraries.reason(record.missing) if record.missing else spec.skips.get(item.name)
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Iterator[object]:
    if not session.config.getoption("--placement"):
        return (yield)
    from generator.validation import placement  # patches torch, and only this has need of it

    session.config.stash[_RECORD].placement_checked = True
    with placement.checked(session.config.getoption("--hardware")):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    report = yield
    error = call.excinfo and call.excinfo.value
    is_verdict = error is None or isinstance(error, AssertionError | pytest.fail.Exception)
    item.config.stash[_RECORD].report(_name(item), report, raised=not is_verdict)
    return report


@pytest.fixture(scope="module")
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    """The spec of the model type that the test module names."""
    return _spec(request.config, request.module.MODEL_TYPE)


@pytest.fixture(scope="module")
def subject(request: pytest.FixtureRequest, spec: ModelSpec) -> Iterator[Callable[[str], Subject]]:
    """`subject(task)` answers requests for a task: the reference or the skillset."""
    from generator.execution import checkpoint

    layout, record = _layout(request.config), request.config.stash[_RECORD]
    chosen, open_one = request.config.getoption("--task"), _opener(request, layout)
    opened: dict[str, Subject | SkillsetError] = {}

    def open_task(task: str) -> Subject:
        if chosen not in (None, task):
            pytest.skip(NOT_CHOSEN)
        if task not in opened:
            folder = checkpoint.ensure(spec, task, layout.cache)
            opened[task] = _tried(open_one, task, str(folder))
        if isinstance(opened[task], SkillsetError):
            raise opened[task]
        return opened[task]

    yield open_task
    for task, found in opened.items():
        record.opened(task, found)
        if isinstance(found, SkillsetSubject) and not found.asked.precision.equal:
            record.measured(f"{task}/outputs", found.outputs())


def _tried(open_one: Callable[[str, str], Subject], task: str, folder: str) -> Subject | SkillsetError:
    """The subject, or why there is none: what takes long to fail is tried once, and fails each test."""
    try:
        return open_one(task, folder)
    except SkillsetError as error:
        return error


@pytest.fixture(scope="module")
def observe(request: pytest.FixtureRequest) -> Observer:
    """`observe(case, answer, inputs, parameters)` records what a case gave, or judges it."""
    record = request.config.stash[_RECORD]
    if request.config.getoption("--target") == "reference":
        return Observer(record, None, None)
    layout = _layout(request.config)
    expected = expectations.load(layout.expectations(request.module.MODEL_TYPE), layout.root)
    return Observer(record, expected, _asked(request.config))


@pytest.fixture
def same(request: pytest.FixtureRequest) -> Callable[[Any, Any], None]:
    """Fails unless two answers agree, as far as answers of the target in the precision do."""
    asked = _asked(request.config)

    def check(one: Any, other: Any) -> None:
        _agree(asked, accuracy.measure(describe(other), describe(one)), compare(other, one))

    return check


@pytest.fixture
def different() -> Callable[[Any, Any], None]:
    """Fails if two answers are equal; that the same request gives equal answers is a test of its own."""

    def check(one: Any, other: Any) -> None:
        if one == other:
            pytest.fail(f"both answers are {one!r}", pytrace=False)

    return check


@pytest.fixture
def measure(request: pytest.FixtureRequest) -> Callable[[str, Callable[[], Any]], None]:
    """`measure(task, call)` records how long a call takes and what the process has used at most."""

    def record(task: str, call: Callable[[], Any]) -> None:
        seconds = statistics.median(_seconds(call) for _ in range(_REPEATS))
        request.config.stash[_RECORD].cost(task, seconds, _peak_bytes())

    return record


class Observer:
    """What a test tells of a case; with expectations, what is told is judged by them."""

    def __init__(self, record: Record, expected: expectations.Expectations | None, asked: Asked | None):
        self._record, self._expected, self._asked = record, expected, asked

    def __call__(self, case: str, answer: Any, inputs: Any = None, parameters: Any = None) -> None:
        """An answer to `inputs` (recipes) under `parameters`."""
        given = {"inputs": _recipes(inputs), "parameters": dict(parameters or {})}
        self._take(case, Case(**given, output=describe(answer)))

    def refusal(self, case: str, call: Callable[[], Any]) -> None:
        """A call that must be refused: by any error of the reference, by an `InputError` of a skillset."""
        error = _refusal(call)
        if self._expected is not None and not _is_clear(error):
            pytest.fail(f"{case}: the skillset must raise InputError and say why, not {error!r}")
        self._take(case, Case(raises=type(error).__name__))

    def _take(self, name: str, case: Case) -> None:
        if self._expected is None:
            self._record.observed(name, case)
        elif name not in self._expected.cases:
            pytest.fail(f"no expectation for {name}: run doit reference:{self._expected.model_type}")
        else:
            self._judge(name, self._expected.cases[name], case)

    def _judge(self, name: str, expected: Case, case: Case) -> None:
        found, comparison = accuracy.judge(expected, case), expectations.judge(expected, case)
        self._record.measured(name, found)
        self._record.compared(name, comparison)
        _agree(self._asked, found, comparison)


def _agree(asked: Asked, found: Accuracy, comparison: Comparison) -> None:
    """Fail for an answer that is none of the target in the precision.

    Where the expectations come from, each float has its tolerance. The kernels of another target are off
    relative to the largest; where nothing but floats may differ, all else must be equal.
    """
    if asked.is_observed:
        trouble = None if comparison.agrees else _disagreement(comparison)
    else:
        trouble = found.refused(asked.precision.tolerance)
        if trouble is None and asked.precision.equal and found.agreement not in (None, 1.0):
            trouble = _disagreement(comparison)
    if trouble is not None:
        pytest.fail(trouble, pytrace=False)


def _disagreement(comparison: Comparison) -> str:
    lines = [
        f"{comparison.status} (confidence {comparison.confidence:.2f})",
        *map(str, comparison.differences),
    ]
    return "\n".join(lines)


def _refusal(call: Callable[[], Any]) -> Exception:
    try:
        answer = call()
    except UnsupportedTask:
        raise
    except Exception as error:
        return error
    return pytest.fail(f"the request was answered: {answer!r}")


def _is_clear(error: Exception) -> bool:
    return is_input_error(error) and len(str(error)) > 10


def _recipes(inputs: Any) -> dict[str, Any]:
    """A request, or a batch of requests, as recipes by argument name."""
    if isinstance(inputs, list):
        return {name: [_recipe(item[name]) for item in inputs] for name in inputs[0]}
    return {name: _recipe(value) for name, value in (inputs or {}).items()}


def _recipe(value: Any) -> Any:
    if isinstance(value, list):
        return [_recipe(item) for item in value]
    return value if isinstance(value, str) else repr(value)


def _name(item: pytest.Item) -> str:
    """A test's name; one that names no task has its class before it, for two tasks may share it."""
    return item.name if "[" in item.name else item.nodeid.partition("::")[2]


def _opener(request: pytest.FixtureRequest, layout: Layout) -> Callable[[str, str], Subject]:
    if request.config.getoption("--target") == "reference":
        return lambda task, folder: Reference(request.module.REFERENCES[task], folder)
    spec, asked = _spec(request.config, request.module.MODEL_TYPE), _asked(request.config)
    path = request.config.getoption("--skillset") or layout.skillset(spec.model_type)

    def open_skillset(task: str, folder: str) -> Subject:
        subject = SkillsetSubject(path, spec, task, folder, asked)
        return subject.greeted(layout) if asked.is_observed else subject

    return open_skillset


def _asked(config: pytest.Config) -> Asked:
    """The hardware target and the precision that the skillset is asked in."""
    layout = _layout(config)
    return Asked(
        catalogue.load_hardware(layout, config.getoption("--hardware")),
        catalogue.load_precision(layout, config.getoption("--precision")),
    )


def _layout(config: pytest.Config) -> Layout:
    return Layout(config.rootpath)


def _spec(config: pytest.Config, model_type: str) -> ModelSpec:
    specs = config.stash[_SPECS]
    if model_type not in specs:
        specs[model_type] = catalogue.load_model(_layout(config), model_type)
    return specs[model_type]


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _peak_bytes() -> int:
    """The most memory this process has had resident; the kernel counts it in KiB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
