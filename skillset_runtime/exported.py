"""A torch model whose outermost forwards run as programs of another runtime.

Whatever calls the model (a handler, or its own `generate`) calls the forwards of the model and of the models
within it. The outermost of these runs as a program, exported at the first call of its kind and kept on disk.
Where a part cannot be exported it runs in torch, and so the parts within it are the outermost.
"""

from __future__ import annotations

import copy
import functools
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skillset_runtime import artifacts, calls, exporting, loading, lookalikes
from skillset_runtime.artifacts import Store
from skillset_runtime.calls import Form
from skillset_runtime.errors import SkillsetError, root_line
from skillset_runtime.exporting import Engine, Program
from skillset_runtime.pool import measure
from skillset_runtime.resources import Resources
from skillset_runtime.verifying import check_equal, check_given_back

_MOST_SIZES = 6
"""That get a program each; a part that needs more, say one for each token, had better run in torch.

A model that makes chunks of tokens (Mamba2) needs five: for few tokens, and for one or more, whole or not."""

_ATTRIBUTE = "_exported_parts"
_RECORD = "part.json"
_LOG = logging.getLogger(__name__)


def load(
    resources: Resources,
    source: Callable[[], Any],
    checkpoint: str,
    engine: str,
    device: str,
    precision: str,
    static: bool = False,
) -> Any:
    """The torch model that `source` loads, with its forwards on an engine's device.

    With `static`, calls of each size of inputs get a program of their own. Raises `SkillsetError` if the
    engine's libraries are absent, or the device does not compute in the precision. Call `settle` once it
    has answered.
    """
    found = exporting.engine(engine, precision)
    facts = {"versions": found.versions(), "engine": engine, "precision": precision, "static": static}
    found.check(found, device)
    model = source()
    facts |= {"class": type(model).__name__, "checkpoint": _content(model, checkpoint)}
    parts = Parts(resources["torch"], model, source, found, device, artifacts.key(facts), static=static)
    setattr(model, _ATTRIBUTE, parts)
    return model


def ran(model: Any) -> tuple[str, ...]:
    """The parts of a model that have run as programs; the model itself is `model`."""
    return getattr(model, _ATTRIBUTE).ran


def failed(model: Any) -> dict[str, str]:
    """The parts of a model that could not be exported, and why; what is within them may have been."""
    return getattr(model, _ATTRIBUTE).failed


def settle(model: Any) -> None:
    """Let go of the weights that only programs need, once the model has answered its example."""
    getattr(model, _ATTRIBUTE).settle()


@dataclass(frozen=True)
class Kept:
    """What is on disk of one form of one part's calls: a program, or why there is none."""

    part: str
    form: Form
    failure: str | None
    folder: Path

    @classmethod
    def read(cls, folder: Path) -> Kept:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        return cls(record["part"], Form.of_plain(record["form"]), record["failure"], folder)

    def write(self) -> None:
        record = {"part": self.part, "form": self.form.plain(), "failure": self.failure}
        (self.folder / _RECORD).write_text(json.dumps(record), encoding="utf-8")


class Parts:
    """The parts of one model, and the programs that they run as."""

    def __init__(
        self,
        torch: Any,
        model: Any,
        source: Callable[[], Any],
        engine: Engine,
        device: str,
        group: str,
        store: Store | None = None,
        static: bool = False,
    ):
        self._torch, self._model, self._source = torch, model, source
        self._engine, self._device, self._group = engine, device, group
        self._store, self._static = store or Store(), static
        self._lock, self._thread = threading.RLock(), threading.local()
        self._whole: Any = model
        self._programs: dict[Path, Program] = {}
        self._waited: set[str] = set()
        self._settled = False
        self._spare: dict[Any, str] = {}
        self._kept = [kept for folder in self._store.group(group) if (kept := self._readable(folder))]
        if static and model.can_generate():
            model.generation_config.cache_implementation = "static"  # of one size from the first step on
        for path, part in _parts(model):
            part.forward = self._outermost(path, part, part.forward)
        self._in_torch: set[Any] = set()
        for _, leaf in _leaves(model):
            # Not a bound method: whoever copies the leaf would copy all of this with it.
            lookalikes.watch(leaf, lambda leaf: self._read(leaf))

    @property
    def kept(self) -> list[Kept]:
        """The programs that there are of its calls so far, and why others are absent."""
        return list(self._kept)

    @property
    def ran(self) -> tuple[str, ...]:
        """The parts that have run as programs."""
        return tuple(sorted({kept.part or "model" for kept in self._kept if kept.folder in self._programs}))

    @property
    def failed(self) -> dict[str, str]:
        """Part → why there is no program of it; the model itself is `model`."""
        return {kept.part or "model": kept.failure for kept in self._kept if kept.failure}

    def settle(self) -> None:
        """Empty the weights that only programs need; raises `SkillsetError` if there is no program."""
        with self._lock:
            if not self._settled:
                self._let_go()
                self._settled = True

    def _let_go(self) -> None:
        if not self._programs:
            why = next((kept.failure for kept in self._kept if kept.failure), "it was not called")
            raise SkillsetError(f"{type(self._model).__name__} does not run on {self._engine.name}: {why}")
        exported = {kept.part for kept in self._kept if kept.folder in self._programs}
        for path, leaf in list(_leaves(self._model)):
            if _within(path, exported) and leaf not in self._in_torch:
                self._spare[leaf] = path
            else:
                lookalikes.unwatch(leaf)
        _empty(self._model, set(self._spare))
        self._whole = None
        # What a pool counts: weights that stay, and programs, which take about as much as on disk.
        self._model.nbytes = measure(self._model) + sum(map(artifacts.size, self._programs))
        self._model.save_pretrained = lambda *args, **kwargs: self._torch_model().save_pretrained(
            *args, **kwargs
        )

    def _read(self, leaf: Any) -> None:
        """Note that torch reads a module's weights; load them again if they were let go."""
        if getattr(self._thread, "inside", False):
            return
        with self._lock:
            self._in_torch.add(leaf)
            if leaf in self._spare:
                loaded = self._torch_model().get_submodule(self._spare.pop(leaf))
                for parameter, values in zip(leaf.parameters(), loaded.parameters(), strict=True):
                    parameter.data = values.data
                lookalikes.unwatch(leaf)  # last: until then other threads wait here for the weights

    def _outermost(self, path: str, part: Any, forward: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(forward)
        def run(*args: Any, **kwargs: Any) -> Any:
            if getattr(self._thread, "inside", False) or _is_looked_into(part):
                return forward(*args, **kwargs)
            given = self._given(part, calls.arguments(forward, args, kwargs))
            if self._too_early(path, given):
                with self._inside():
                    return forward(*args, **kwargs)
            program = self._program(path, given)
            if program:
                try:
                    return _unclipped(program(**given))
                except Exception as error:  # of a size that is open in its graph and wrong in its nodes
                    self._distrust(path, given, error)
            return forward(*args, **kwargs)

        return run

    def _distrust(self, path: str, given: Mapping[str, Any], error: Exception) -> None:
        """Have torch answer calls of this form: what fails for one size may be wrong for another."""
        _LOG.warning("%s of %s goes on in torch: %s", path or "the model", self._named, root_line(error))
        with self._lock:
            self._kept.insert(0, Kept(path, calls.form(given).open(), root_line(error), Path()))

    def _too_early(self, path: str, given: Mapping[str, Any]) -> bool:
        """Whether to wait for a part's next call: of a cache of one token no length could be left open."""
        if self._settled or path in self._waited or not calls.holds_one_token(given):
            return False
        self._waited.add(path)
        return True

    @property
    def _named(self) -> str:
        return f"{type(self._model).__name__} on {self._engine.name}"

    def _given(self, part: Any, given: dict[str, Any]) -> dict[str, Any]:
        """The arguments with what exporters compute beforehand (sizes of pictures, positions in them).

        And with the mask that `generate` leaves out where it hides nothing: so calls with padding are of the
        same form, and need no program of their own.
        """
        from transformers.exporters.utils import precompute_export_inputs

        from skillset_runtime import caches

        if calls.lacks_mask(part.forward, given):
            given["attention_mask"] = calls.mask_of_ones(self._torch, given)
        with suppress(TypeError):  # it counts positions of `input_ids`, which a call with embeddings lacks
            precompute_export_inputs(part, given)
        caches.unclip(given.values())
        return given

    def _program(self, path: str, given: Mapping[str, Any]) -> Program | None:
        wanted = calls.form(given)
        with self._lock:
            kept = self._find(path, wanted)
            if kept and not kept.failure and kept.folder not in self._programs and not self._reopened(kept):
                kept = None
            kept = kept or self._export(path, wanted, given)
            return None if kept.failure else self._programs[kept.folder]

    def _readable(self, folder: Path) -> Kept | None:
        """What is kept in a folder; one that somebody broke is removed."""
        try:
            return Kept.read(folder)
        except (OSError, ValueError, KeyError):
            self._store.remove(folder)
            return None

    def _reopened(self, kept: Kept) -> bool:
        """Open a program that was kept; one that cannot be opened any more is removed."""
        try:
            self._programs[kept.folder] = self._opened(kept.folder)
        except Exception as error:  # whatever a broken file makes the runtime raise
            _LOG.warning("a kept program of %s does not open, and is made again: %s", self._named, error)
            self._store.remove(kept.folder)
            self._kept.remove(kept)
            return False
        self._store.used(kept.folder)
        return True

    def _find(self, path: str, wanted: Form) -> Kept | None:
        mine = [kept for kept in self._kept if kept.part == path]
        fitting = next((kept for kept in mine if kept.form.takes(wanted)), None)
        others = [kept for kept in mine if kept.form.open().takes(wanted)]
        if fitting is None and not self._static and len(others) >= _MOST_SIZES:
            fitting = Kept(path, wanted.open(), "it needs too many programs", Path())
            self._kept.append(fitting)
        return fitting

    def _export(self, path: str, wanted: Form, given: Mapping[str, Any]) -> Kept:
        name = artifacts.key({"part": path, "form": wanted.plain()})
        folder = self._store.get(self._group, name, lambda folder: self._write(path, wanted, given, folder))
        kept = Kept.read(folder)
        self._kept.append(kept)
        if not kept.failure:
            self._programs[folder] = self._opened(folder)
        return kept

    def _write(self, path: str, wanted: Form, given: Mapping[str, Any], folder: Path) -> None:
        """Fill a folder with a part's program, verified on the call in hand, or with why there is none.

        What cannot be exported with these versions never can, so that is kept, too. Where a disk or memory is
        full, the next may do better.
        """
        failure = None
        for dynamic in self._tries(given):
            try:
                accepted = self._verified(path, given, dynamic, folder)
                return Kept(path, accepted, None, folder).write()
            except (OSError, MemoryError):
                raise
            except Exception as error:  # whatever the exporter and the runtime raise
                failure = failure or root_line(error)
                artifacts.empty(folder)
        Kept(path, wanted, failure, folder).write()
        return None

    def _tries(self, given: Mapping[str, Any]) -> tuple[bool, ...]:
        """Whether to leave axes open, try by try; a cache that grows needs it, unless it is of one size."""
        if self._static:
            return (False,)
        return (True,) if calls.holds_cache(given) else (True, False)

    def _verified(self, path: str, given: Mapping[str, Any], dynamic: bool, folder: Path) -> Form:
        with self._torch.inference_mode(False), self._torch.no_grad(), self._inside():
            # A copy, as exporters replace its forward, which other threads may call meanwhile; torch's own
            # forward, as that of this class would be called with the part that was copied.
            part = copy.copy(self._torch_model().get_submodule(path))
            vars(part).pop("forward", None)
            expected = part(**(passed := calls.copied(given)))
            check_given_back(given, passed, expected)
            accepted = exporting.export(self._engine, part, calls.copied(given), dynamic, folder)
            if not accepted.takes(calls.form(given)):
                raise SkillsetError("the exported graph does not take the call that it was made from")
            program = self._opened(folder)
            self._check(expected, program(**calls.copied(given)), given)
            return self._tried(path, program, given, accepted) if dynamic else accepted

    def _tried(self, path: str, program: Program, given: Mapping[str, Any], accepted: Form) -> Form:
        """What a program takes once it was tried with other sizes: an axis may only seem open.

        Of one element it is tried apart: torch asks nothing about it while it traces, and may branch there.
        """
        shorter, single = calls.shortened(given, accepted), calls.of_one(given, accepted)
        if shorter and not self._holds(path, program, shorter):
            return calls.form(given)
        if single and not self._holds(path, program, single):
            return calls.beyond_one(given, accepted)
        return accepted

    def _check(self, expected: Any, got: Any, given: Mapping[str, Any]) -> None:
        check_equal(expected, got, self._engine.precision.tolerance, given.get("attention_mask"))

    def _holds(self, path: str, program: Program, given: dict[str, Any]) -> bool:
        """Whether a program answers a call of other sizes, if torch does."""
        try:
            expected = self._torch_model().get_submodule(path)(**calls.copied(given))
        except (OSError, MemoryError):
            raise
        except Exception as error:  # the sizes do not go together: too few tokens for the pictures, say
            _LOG.debug("no call of %s to try another size with: %s", self._named, root_line(error))
            return True
        try:
            self._check(expected, program(**calls.copied(given)), given)
        except (OSError, MemoryError):
            raise
        except Exception as error:  # whatever the runtime raises, or the values are wrong
            _LOG.warning("a program of %s does not take other sizes: %s", self._named, root_line(error))
            return False
        return True

    def _opened(self, folder: Path) -> Program:
        return exporting.opened(self._engine, folder, self._device, self._torch.get_num_threads())

    def _torch_model(self) -> Any:
        """The model with all its weights; loaded again once they are let go."""
        with self._lock:
            if self._whole is None:
                self._whole = self._source()
                vars(self._whole.config).update(vars(self._model.config))
            return self._whole

    @contextmanager
    def _inside(self) -> Iterator[None]:
        """In which this thread's forwards are torch's own."""
        before, self._thread.inside = getattr(self._thread, "inside", False), True
        try:
            yield
        finally:
            self._thread.inside = before


def _unclipped(answer: Any) -> Any:
    """A program's answer, with caches that torch would read as the next program does."""
    from skillset_runtime import caches

    caches.unclip(answer.values() if isinstance(answer, Mapping) else ())
    return answer


def _parts(model: Any) -> Iterator[tuple[str, Any]]:
    """The models within a model, and the encoders of them all, by their paths."""
    from transformers import PreTrainedModel

    models = [module for module in model.modules() if isinstance(module, PreTrainedModel)]
    encoders = [each.get_encoder() for each in models if hasattr(each, "get_encoder")]
    for path, module in model.named_modules():
        if any(module is each for each in (*models, *encoders)):
            yield path, module


def _is_looked_into(part: Any) -> bool:
    """Whether the model around a part collects what layers within give: it would see none of a program's."""
    from transformers import PreTrainedModel
    from transformers.utils.output_capturing import _active_collector

    return not isinstance(part, PreTrainedModel) and bool(_active_collector.get())


def _leaves(model: Any) -> Iterator[tuple[str, Any]]:
    """The modules with weights of their own and no modules within, by their paths."""
    for path, module in model.named_modules():
        if not any(True for _ in module.children()) and any(True for _ in module.parameters()):
            yield path, module


def _within(path: str, parts: set[str]) -> bool:
    return any(part in ("", path) or path.startswith(f"{part}.") for part in parts)


def _empty(model: Any, spare: set[Any]) -> None:
    """Give the weights of these modules back, but for those that other modules have, too."""
    others = (module for module in model.modules() if module not in spare)
    needed = {id(each) for module in others for each in module.parameters(recurse=False)}
    for parameter in {each for module in spare for each in module.parameters()}:
        if id(parameter) not in needed:
            parameter.data = parameter.data.new_empty(0)


def _content(model: Any, checkpoint: str) -> str:
    """What tells a checkpoint's content: the Hub's commit, or a digest of a folder's files."""
    commit = getattr(model.config, "_commit_hash", None)
    return commit or loading.digest(checkpoint)
