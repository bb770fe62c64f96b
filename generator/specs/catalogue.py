"""All specs of a checkout: loaded, checked and frozen; every problem is reported at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, KeysView, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from generator.errors import Problem, ProblemsFound, did_you_mean, raise_if_any
from generator.naming import Layout
from generator.specs import checks, overlay, yaml_source
from generator.specs.schema import Alias, Aliases, Family, Hardware, ModelSpec, Overlay, PrecisionSpec, Task
from generator.specs.typed import Located, validate
from generator.specs.yaml_source import quoted


@dataclass(frozen=True)
class Kind:
    """One kind of spec: its folder under `specs/`, its model, the field that is its file's name."""

    folder: str
    model: type[BaseModel]
    name_field: str | None = "name"
    suffixes: tuple[str, ...] = (".yaml",)


MODELS = Kind("models", ModelSpec, "model_type")
OVERLAYS = Kind("overlays", Overlay, None, (".yaml", ".py"))
FAMILIES = Kind("families", Family)
TASKS = Kind("tasks", Task)
HARDWARE = Kind("hardware", Hardware)
ALIASES = Kind("aliases", Aliases, None)
PRECISIONS = Kind("precisions", PrecisionSpec)
VOCABULARY = (FAMILIES, TASKS, HARDWARE)
KINDS = (MODELS, OVERLAYS, ALIASES, PRECISIONS, *VOCABULARY)

Key = tuple[str, str]  # folder and name of a spec


@dataclass(frozen=True)
class Catalogue:
    """Every spec by its name, sorted; `located` knows the lines behind each fact."""

    models: Mapping[str, ModelSpec]
    families: Mapping[str, Family]
    tasks: Mapping[str, Task]
    hardware: Mapping[str, Hardware]
    located: Mapping[Key, Located[Any]]

    def problem(
        self,
        kind: Kind,
        name: str,
        keys: yaml_source.ValuePath,
        message: str,
        hint: str | None = None,
    ) -> Problem:
        """A problem with one fact of one spec, found by a later stage."""
        return self.located[kind.folder, name].problem(keys, message, hint)


@dataclass
class Loader:
    """Loads specs by kind and name, each once, and keeps what is wrong with each of them."""

    layout: Layout
    _owners: dict[str, Mapping[str, str]] = field(default_factory=dict)
    _loaded: dict[Key, Located[Any] | None] = field(default_factory=dict)
    _problems: dict[Key, tuple[Problem, ...]] = field(default_factory=dict)

    @property
    def problems(self) -> Iterator[Problem]:
        """Everything wrong with what was loaded so far."""
        return chain.from_iterable(self._problems.values())

    def names(self, kind: Kind) -> KeysView[str]:
        """The names of all specs of a kind, good or bad, sorted."""
        return self._owners_of(kind).keys()

    def collides(self, kind: Kind, name: str) -> bool:
        """Whether another spec has the outputs that this one would have."""
        return self._owners_of(kind)[name] != name

    def get(self, kind: Kind, name: str) -> Located[Any] | None:
        """A spec by its name, or None if it has problems."""
        key = (kind.folder, name)
        if key not in self._loaded:
            self._loaded[key] = None
            try:
                self._loaded[key] = self._load(kind, name)
            except ProblemsFound as found:
                self._problems[key] = found.problems
        return self._loaded[key]

    def all(self, kind: Kind) -> dict[str, Located[Any]]:
        """Every good spec of a kind by its name."""
        found = {name: self.get(kind, name) for name in self.names(kind)}
        return {name: located for name, located in found.items() if located is not None}

    def model(self, model_type: str) -> Located[ModelSpec] | None:
        """A model's spec, if that and everything it refers to is good."""
        spec = self.get(MODELS, model_type)
        if spec is None:
            return None
        used = self.decided_by(spec.value)
        known = {key: self.get(kind, key[1]) for kind in VOCABULARY for key in used if key[0] == kind.folder}
        names = {kind.folder: self.names(kind) for kind in VOCABULARY}
        found = tuple(checks.model_problems(spec, known, names))
        if found:
            self._problems[MODELS.folder, model_type] = found
        return None if self.problems_of(used) else spec

    def decided_by(self, model: ModelSpec) -> tuple[Key, ...]:
        """The specs, as far as there are files for them, that decide what is made of a model."""
        wanted = {
            MODELS: (model.model_type,),
            OVERLAYS: (model.model_type,),
            FAMILIES: (model.family,),
            TASKS: model.tasks,
            HARDWARE: model.unsupported,
        }
        return tuple(
            (kind.folder, name)
            for kind, names in wanted.items()
            for name in names
            if name in self.names(kind)
        )

    def why(self, model_type: str) -> tuple[Problem, ...]:
        """What is wrong with a model's spec, its overlay, or what it refers to."""
        spec = self._loaded.get((MODELS.folder, model_type))
        own = tuple((kind.folder, model_type) for kind in (MODELS, OVERLAYS))
        return self.problems_of(self.decided_by(spec.value) if spec else own)

    def problems_of(self, keys: Iterable[Key]) -> tuple[Problem, ...]:
        """What is wrong with some specs."""
        return tuple(chain.from_iterable(self._problems.get(key, ()) for key in keys))

    def tree_problems(self) -> Iterator[Problem]:
        """What is wrong between specs, templates and the files of `specs/` as a whole.

        This loads everything but the models, so that `problems` is complete for all other kinds.
        """
        specs = {kind: self.all(kind) for kind in (OVERLAYS, *VOCABULARY)}
        families, tasks = specs[FAMILIES].values(), specs[TASKS].values()
        yield from checks.family_problems(families, self.names(TASKS), self.layout)
        for task in tasks:
            yield from checks.task_problems(task, self.layout)
        yield from checks.hardware_problems(specs[HARDWARE].values())
        yield from checks.alias_problems(self.all(ALIASES).values(), self.names(MODELS))
        self.all(PRECISIONS)
        for kind in KINDS:
            yield from _stray_files(self.layout, kind)
        yield from self._orphans()

    def _orphans(self) -> Iterator[Problem]:
        models = self.names(MODELS)
        for file in sorted((self.layout.specs / OVERLAYS.folder).glob("*")):
            if file.stem not in models and file.suffix in OVERLAYS.suffixes and not _is_private(file):
                hint = did_you_mean(file.stem, models) or "remove it, or derive the spec first"
                message = f"there is no spec of a model {quoted(file.stem)} to correct"
                yield Problem(file.relative_to(self.layout.root).as_posix(), None, message, hint)

    def _owners_of(self, kind: Kind) -> Mapping[str, str]:
        """Each name, and the first name that becomes the same identifier."""
        if kind.folder not in self._owners:
            files = (self.layout.specs / kind.folder).glob("*.yaml")
            names = (file.stem for file in files if not _is_private(file))
            self._owners[kind.folder] = checks.owners(names)
        return self._owners[kind.folder]

    def _load(self, kind: Kind, name: str) -> Located[Any]:
        document = yaml_source.read(_path(self.layout, kind, name), self.layout.root)
        corrected = kind is MODELS and name in self.names(OVERLAYS)
        correction = self.get(OVERLAYS, name) if corrected else None
        if correction is not None:
            document = overlay.apply(document, correction.document, ModelSpec)
        located = validate(kind.model, document)
        if kind.name_field:
            owner = self._owners_of(kind)[name]
            raise_if_any(checks.name_problems(located, kind.name_field, name, owner))
        if corrected and correction is None:
            raise ProblemsFound(())  # those of the overlay are known
        return located


def load(layout: Layout) -> Catalogue:
    """Load and check everything under `specs/`, or raise every problem there is."""
    loader = Loader(layout)
    models = {name: loader.model(name) for name in loader.names(MODELS)}
    others = {kind: loader.all(kind) for kind in (*VOCABULARY, OVERLAYS)}
    raise_if_any([*loader.tree_problems(), *loader.problems])
    return _catalogue({MODELS: models, **others})


def load_model(layout: Layout, model_type: str) -> ModelSpec:
    """Load one model's spec with its overlay, parsing nothing but what this model needs."""
    return load_located_model(layout, model_type).value


def load_models(layout: Layout, model_types: Iterable[str]) -> dict[str, ModelSpec | ProblemsFound]:
    """As `load_model` for several, parsing once what they share; for a broken one, what is wrong with it."""
    loader = Loader(layout)
    found = {name: loader.model(name) for name in model_types}
    return {
        name: spec.value if spec is not None else ProblemsFound(loader.why(name))
        for name, spec in found.items()
    }


def load_located_model(layout: Layout, model_type: str) -> Located[ModelSpec]:
    """As `load_model`, with the lines behind each fact."""
    loader = Loader(layout)
    names = loader.names(MODELS)
    if model_type not in names:
        hint = did_you_mean(model_type, names) or f"derive it: doit specs:{model_type}"
        message = f"there is no spec of {quoted(model_type)}"
        raise ProblemsFound([Problem("specs/models", None, message, hint)])
    spec = loader.model(model_type)
    raise_if_any(loader.problems)
    assert spec is not None
    return spec


def load_vocabulary(
    layout: Layout,
) -> tuple[dict[str, Family], dict[str, Task], dict[str, Hardware]]:
    """Families, tasks and hardware targets alone: what deriving the first spec needs."""
    loader = Loader(layout)
    found = [loader.all(kind) for kind in VOCABULARY]
    raise_if_any(loader.problems)
    families, tasks, hardware = ({n: s.value for n, s in kind.items()} for kind in found)
    return families, tasks, hardware


def load_aliases(layout: Layout) -> dict[str, Alias]:
    """Every name that is no model type of its own, sorted; lists with problems are left out."""
    lists = Loader(layout).all(ALIASES).values()
    names = {name: alias for located in lists for name, alias in located.value.names.items()}
    return dict(sorted(names.items()))


def load_task(layout: Layout, name: str) -> Task:
    """One task; raises `ProblemsFound` where there is none of that name."""
    return _load_one(layout, TASKS, name)


def load_hardware(layout: Layout, name: str) -> Hardware:
    """One hardware target; raises `ProblemsFound` where there is none of that name."""
    return _load_one(layout, HARDWARE, name)


def load_precision(layout: Layout, name: str) -> PrecisionSpec:
    """One precision; raises `ProblemsFound` where there is none of that name."""
    return _load_one(layout, PRECISIONS, name)


def load_precisions(layout: Layout) -> dict[str, PrecisionSpec]:
    """Every precision by its name, sorted; raises `ProblemsFound` with all that is wrong."""
    loader = Loader(layout)
    found = loader.all(PRECISIONS)
    raise_if_any(loader.problems)
    return {name: located.value for name, located in sorted(found.items())}


def _load_one(layout: Layout, kind: Kind, name: str) -> Any:
    loader = Loader(layout)
    if name not in loader.names(kind):
        hint = did_you_mean(name, loader.names(kind))
        raise ProblemsFound([Problem(f"specs/{kind.folder}", None, f"there is no {quoted(name)}", hint)])
    found = loader.get(kind, name)
    raise_if_any(loader.problems)
    assert found is not None
    return found.value


def _catalogue(found: Mapping[Kind, Mapping[str, Any]]) -> Catalogue:
    values = {
        kind: MappingProxyType({name: spec.value for name, spec in specs.items()})
        for kind, specs in found.items()
    }
    located = {(kind.folder, name): spec for kind, specs in found.items() for name, spec in specs.items()}
    return Catalogue(
        values[MODELS], values[FAMILIES], values[TASKS], values[HARDWARE], MappingProxyType(located)
    )


def _path(layout: Layout, kind: Kind, name: str) -> Path:
    return layout.specs / kind.folder / f"{name}.yaml"


def _is_private(file: Path) -> bool:
    """Whether a file is an editor's: its lock, its swap file, its backup."""
    return file.name.startswith(".") or file.name.endswith("~")


def _stray_files(layout: Layout, kind: Kind) -> Iterator[Problem]:
    """A spec in a file that nobody reads would be a fact that nobody hears."""
    folder = layout.specs / kind.folder
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.suffix not in kind.suffixes and not _is_private(file):
            path = file.relative_to(layout.root).as_posix()
            ends = " or ".join(kind.suffixes)
            yield Problem(path, None, f"not a spec: specs are files that end in {ends}", "rename or move it")
