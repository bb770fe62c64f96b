"""What a type cannot say of a spec: that names refer to something, agree and do not collide."""

from __future__ import annotations

import keyword
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any

from generator.errors import Problem, did_you_mean
from generator.naming import Layout, identifier, is_safe_name
from generator.specs.schema import Aliases, Family, Hardware, ModelSpec, Task, TaskBinding
from generator.specs.typed import Located, dotted
from generator.specs.yaml_source import ValuePath, quoted

# `test_hf_<name>.py` and its siblings stay far below the 255 bytes of a file name.
_LONGEST_NAME = 80
_BUILTIN_TYPES = {"int": int, "float": (int, float), "bool": bool, "str": str}


def owners(names: Iterable[str]) -> dict[str, str]:
    """Each name → the first that becomes the same file or identifier, on any file system."""
    first: dict[str, str] = {}
    return {name: first.setdefault(identifier(name).lower(), name) for name in sorted(names)}


def name_problems(spec: Located[Any], field: str, stem: str, owner: str) -> Iterator[Problem]:
    """A spec is found by its file's name, which becomes part of file names and identifiers."""
    name = getattr(spec.value, field)
    if name != stem:
        message = f"{field} is {quoted(name)}, but the file is {stem}.yaml"
        hint = f"rename the file to {name}.yaml, or the {field} to {stem}"
        yield spec.problem((field,), message, hint)
    if owner != stem:
        message = f"{quoted(stem)} and {quoted(owner)} give the same file and identifier"
        yield spec.problem((field,), message, "rename one of them")
    if len(name) > _LONGEST_NAME:
        hint = f"at most {_LONGEST_NAME} characters"
        yield spec.problem((field,), f"{field} is {len(name)} characters long", hint)
    if not is_safe_name(name):
        message = f"{field} cannot be {quoted(name)}"
        yield spec.problem((field,), message, f"{_taken_by(name)} uses this word itself")


def _taken_by(name: str) -> str:
    return "Python" if keyword.iskeyword(name) else "Windows"


def model_problems(
    spec: Located[ModelSpec],
    known: Mapping[tuple[str, str], Located[Any] | None],
    names: Mapping[str, Set[str]],
) -> Iterator[Problem]:
    """What is wrong with a model's references.

    `names` holds every name there is by folder; `known` what could be loaded of those it refers to.
    """
    model = spec.value
    yield from _reference(spec, ("family",), "family", model.family, names["families"])
    group = known.get(("families", model.family))
    if group is not None and names["tasks"] >= model.tasks.keys():
        yield from _family_fits(spec, group.value)
    yield from _default_task_problems(spec)
    for name, binding in model.tasks.items():
        yield from _reference(spec, ("tasks", name), "task", name, names["tasks"])
        task = known.get(("tasks", name))
        if task is not None:
            yield from _binding_problems(spec, name, binding, task.value)
    for name in model.unsupported:
        yield from _reference(spec, ("unsupported", name), "hardware target", name, names["hardware"])
    yield from _submodel_problems(spec)
    yield from _skip_problems(spec)
    yield from _provenance_problems(spec)
    yield from _unsourced_problems(spec)


def _reference(
    spec: Located[Any], keys: ValuePath, what: str, name: str, known: Collection[str]
) -> Iterator[Problem]:
    if name not in known:
        choices = f"known: {', '.join(sorted(known))}" if known else "there is none"
        yield spec.problem(keys, f"unknown {what} {quoted(name)}", did_you_mean(name, known) or choices)


def _default_task_problems(spec: Located[ModelSpec]) -> Iterator[Problem]:
    name, tasks = spec.value.default_task, spec.value.tasks
    if name not in tasks:
        message = f"the default task {quoted(name)} is not among the tasks of this model"
        hint = did_you_mean(name, tasks) or f"its tasks: {', '.join(tasks) or 'none'}"
        yield spec.problem(("default_task",), message, hint)


def _binding_problems(
    spec: Located[ModelSpec], name: str, binding: TaskBinding, task: Task
) -> Iterator[Problem]:
    keys: ValuePath = ("tasks", name)
    templates = {head.template for head in task.heads}
    yield from _reference(spec, (*keys, "template"), f"{name} template", binding.template, templates)
    if binding.template in templates and binding.auto_class is not None:
        classes = {h.auto_class for h in task.heads if h.template == binding.template and h.auto_class}
        what = f"{name} auto class"
        yield from _reference(spec, (*keys, "auto_class"), what, binding.auto_class, classes)


def _family_fits(spec: Located[ModelSpec], family: Family) -> Iterator[Problem]:
    if not set(family.tasks) & set(spec.value.tasks):
        message = f"the family {quoted(family.name)} has no task of this model"
        yield spec.problem(("family",), message, f"its tasks: {', '.join(family.tasks)}")


def _submodel_problems(spec: Located[ModelSpec]) -> Iterator[Problem]:
    for field, held in spec.value.submodels.items():
        if held == spec.value.model_type:
            yield spec.problem(("submodels", field), f"{quoted(held)} cannot hold itself")


def _skip_problems(spec: Located[ModelSpec]) -> Iterator[Problem]:
    for case, reason in spec.value.skips.items():
        if not reason.strip():
            message = f"the test case {quoted(case)} is skipped without a reason"
            yield spec.problem(("skips", case), message, "say why it cannot run")


def _provenance_problems(spec: Located[ModelSpec]) -> Iterator[Problem]:
    facts = spec.value.model_dump(mode="json")
    names = tuple(key for key in facts if key != "provenance")
    for fact in spec.value.provenance:
        if not _exists(facts, fact):
            hint = did_you_mean(fact, [*names, *(dotted(("tasks", t)) for t in facts["tasks"])])
            yield spec.problem(("provenance", fact), f"there is no fact {quoted(fact)} in this spec", hint)


def _unsourced_problems(spec: Located[ModelSpec]) -> Iterator[Problem]:
    sourced = {fact.split(".")[0] for fact in spec.value.provenance}
    for fact in sorted(spec.value.model_fields_set - {"provenance"} - sourced):
        message = f"nothing says where {quoted(fact)} comes from"
        hint = f"add it under provenance, or derive again: doit specs:{spec.value.model_type}"
        yield spec.problem((fact,), message, hint)


def _exists(data: Any, fact: str) -> bool:
    """Whether a dotted path leads somewhere; a key may itself have dots."""
    children = _children(data)
    return fact in children or any(
        _exists(child, fact[len(key) + 1 :]) for key, child in children.items() if fact.startswith(f"{key}.")
    )


def _children(data: Any) -> dict[str, Any]:
    """The parts of a fact by name; an item of a list goes by its number, and by its kind."""
    if isinstance(data, list):
        numbered = {str(number): item for number, item in enumerate(data)}
        kinds = {item["kind"]: item for item in data if isinstance(item, dict) and "kind" in item}
        return numbered | kinds
    return data if isinstance(data, dict) else {}


def family_problems(
    families: Iterable[Located[Family]], tasks: Collection[str], layout: Layout
) -> Iterator[Problem]:
    """Families need known tasks, a rank of their own and a pair of templates."""
    ranks: dict[int, Located[Family]] = {}
    for family in sorted(families, key=lambda f: f.value.name):
        value = family.value
        for number, name in enumerate(value.tasks):
            yield from _reference(family, ("tasks", number), "task", name, tasks)
            if name in value.tasks[:number]:
                yield family.problem(("tasks", number), f"{quoted(name)} is listed twice")
        other = ranks.setdefault(value.rank, family)
        if other is not family:
            place = other.document.place(("rank",))
            message = f"the rank {value.rank} is also that of {other.value.name}"
            yield family.problem(("rank",), message, f"see {place.path}:{place.line}")
        for kind in ("skillsets", "tests"):
            file = layout.templates / kind / f"{value.name}.py.j2"
            yield from _template(family, ("name",), file, layout)


def hardware_problems(targets: Iterable[Located[Hardware]]) -> Iterator[Problem]:
    """A target falls back on others that there are; the names of the host's methods belong to one each."""
    known = {target.value.name: target for target in targets}
    hosts: dict[str, str] = {}
    for name, target in known.items():
        for number, other in enumerate(target.value.fallback):
            keys = ("fallback", number)
            yield from _reference(target, keys, "hardware target", other, known.keys() - {name})
        for number, host in enumerate(target.value.hosts):
            owner = hosts.setdefault(host, name)
            if owner != name:
                yield target.problem(("hosts", number), f"{quoted(host)} is also a name of {owner}")


def alias_problems(lists: Iterable[Located[Aliases]], models: Collection[str]) -> Iterator[Problem]:
    """An alias is no type of its own, stands in one list, and leads to a type."""
    seen: dict[str, Located[Aliases]] = {}
    for located in lists:
        for name, alias in located.value.names.items():
            keys: ValuePath = ("names", name)
            if name in models:
                yield located.problem(
                    keys, f"{quoted(name)} has a spec of its own", "take it out of this list"
                )
            other = seen.setdefault(name, located)
            if other is not located:
                place = other.document.place(keys)
                yield located.problem(
                    keys, f"{quoted(name)} is listed twice", f"see {place.path}:{place.line}"
                )
            if alias.type is not None and alias.type not in models:
                hint = did_you_mean(alias.type, models) or f"derive it: doit specs:{alias.type}"
                message = f"there is no spec of a model {quoted(alias.type)}"
                yield located.problem((*keys, "type"), message, hint)


def task_problems(task: Located[Task], layout: Layout) -> Iterator[Problem]:
    """A head needs a way to be found and a pair of templates; a default has its type."""
    for number, head in enumerate(task.value.heads):
        keys: ValuePath = ("heads", number)
        if not (head.mapping or head.class_suffix):
            message = "nothing says how the class of this head is found"
            yield task.problem(keys, message, "add `mapping: …` or `class_suffix: …`")
        for position, name in enumerate(head.parameters or ()):
            yield from _reference(
                task, (*keys, "parameters", position), "parameter", name, task.value.parameters
            )
        for kind in ("skillsets", "tests"):
            file = layout.templates / kind / "tasks" / f"{head.template}.py.j2"
            yield from _template(task, (*keys, "template"), file, layout)
    for name, parameter in task.value.parameters.items():
        expected = _BUILTIN_TYPES.get(parameter.type)
        if parameter.default is not None and expected and not isinstance(parameter.default, expected):
            message = f"the default of {name} is no {parameter.type}"
            yield task.problem(("parameters", name, "default"), message)


def _template(spec: Located[Any], keys: ValuePath, file: Path, layout: Layout) -> Iterator[Problem]:
    if not file.is_file():
        path = file.relative_to(layout.root).as_posix()
        near = did_you_mean(file.name, (f.name for f in file.parent.glob("*.py.j2")))
        yield spec.problem(keys, f"the template {path} does not exist", near or "write it")
