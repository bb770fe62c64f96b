"""A torch model whose outermost forwards run as programs of another runtime.

Whatever calls the model (a handler, or its own `generate`) calls the forwards of the model and of the models
within it. The outermost of these runs as a program, exported at the first call of its kind and kept on disk.
Where a part cannot be exported it runs in torch, and so the parts within it are the outermost.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from skillset_runtime import artifacts, calls, exporting, loading, lookalikes, parts
from skillset_runtime.artifacts import Store
from skillset_runtime.errors import SkillsetError
from skillset_runtime.exporting import Engine
from skillset_runtime.making import Maker
from skillset_runtime.pool import measure
from skillset_runtime.programs import Programs
from skillset_runtime.resources import Resources

_ATTRIBUTE = "_exported_parts"


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
    group = artifacts.key(facts)
    setattr(model, _ATTRIBUTE, Parts(resources["torch"], model, source, found, device, group, static=static))
    return model


def ran(model: Any) -> tuple[str, ...]:
    """The parts of a model that have run as programs; the model itself is `model`."""
    opened = getattr(model, _ATTRIBUTE).programs.opened
    return tuple(sorted({kept.part or "model" for kept in opened}))


def failed(model: Any) -> dict[str, str]:
    """The parts of a model that could not be exported, and why; what is within them may have been."""
    return getattr(model, _ATTRIBUTE).programs.failed


def settle(model: Any) -> None:
    """Let go of the weights that only programs need, once the model has answered its example."""
    getattr(model, _ATTRIBUTE).settle()


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
        self._lock, self._thread = threading.RLock(), threading.local()
        self._whole: Any = model
        self._name = f"{type(model).__name__} on {engine.name}"
        maker = Maker(torch, engine, device, self._name, self._torch_model)
        self.programs = Programs(maker, store or Store(), group, static)
        self._waited: set[str] = set()
        self._settled = False
        self._spare: dict[Any, str] = {}
        if static and model.can_generate():
            model.generation_config.cache_implementation = "static"  # of one size from the first step on
        for path, part in parts.of(model):
            part.forward = self._outermost(path, part, part.forward)
        self._in_torch: set[Any] = set()
        for _, leaf in parts.leaves(model):
            # Not a bound method: whoever copies the leaf would copy all of this with it.
            lookalikes.watch(leaf, lambda leaf: self._read(leaf))

    def settle(self) -> None:
        """Empty the weights that only programs need; raises `SkillsetError` if there is no program."""
        with self._lock:
            if not self._settled:
                self._let_go()
                self._settled = True

    def _let_go(self) -> None:
        opened = self.programs.opened
        if not opened:
            why = next(iter(self.programs.failed.values()), "it was not called")
            raise SkillsetError(f"{self._name} does not run: {why}")
        exported = {kept.part for kept in opened}
        for path, leaf in list(parts.leaves(self._model)):
            if parts.is_within(path, exported) and leaf not in self._in_torch:
                self._spare[leaf] = path
            else:
                lookalikes.unwatch(leaf)
        parts.empty(self._model, set(self._spare))
        self._whole = None
        # What a pool counts: weights that stay, and programs, which take about as much as on disk.
        self._model.nbytes = measure(self._model) + sum(artifacts.size(kept.folder) for kept in opened)
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
            if getattr(self._thread, "inside", False) or parts.is_looked_into(part):
                return forward(*args, **kwargs)
            given = self._given(part, calls.arguments(forward, args, kwargs))
            if self._too_early(path, given):
                with self._inside():
                    return forward(*args, **kwargs)
            with self._lock, self._inside():
                program = self.programs.find(path, given)
            if program:
                try:
                    return _unclipped(program(**given))
                except Exception as error:  # of a size that is open in its graph and wrong in its nodes
                    with self._lock:
                        self.programs.distrust(path, given, error)
            return forward(*args, **kwargs)

        return run

    def _too_early(self, path: str, given: Mapping[str, Any]) -> bool:
        """Whether to wait for a part's next call: of a cache of one token no length could be left open."""
        if self._settled or path in self._waited or not calls.holds_one_token(given):
            return False
        self._waited.add(path)
        return True

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


def _content(model: Any, checkpoint: str) -> str:
    """What tells a checkpoint's content: the Hub's commit, or a digest of a folder's files."""
    commit = getattr(model.config, "_commit_hash", None)
    return commit or loading.digest(checkpoint)
