"""From a torch module and a sample call to a program in a folder, by `transformers.exporters`; and back."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from skillset_runtime import lookalikes, qnn, rewriting, sessions, tracing
from skillset_runtime.calls import Form, form
from skillset_runtime.errors import SkillsetError
from skillset_runtime.program_precisions import EXACT, ProgramPrecision, of_program
from skillset_runtime.resources import import_library

_EXPORTING = threading.Lock()
"""Exporters patch transformers' classes while they trace."""

Program = Callable[..., Any]
"""Takes a call's arguments by name and returns what the module would."""


@dataclass(frozen=True)
class Engine:
    """A runtime that exported programs run on, in some precision, with the exporter that makes them."""

    name: str
    exporter: str
    config: str
    libraries: tuple[str, ...]
    runner: Callable[[Engine, Path, str, int], Any]
    """Opens the program in a folder on a device, with so many threads."""
    options: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[Engine, str], None] = lambda engine, device: None
    """Raises `SkillsetError` if a device does not compute in the precision."""
    rewrite: Callable[[Any], None] = lambda traced: None
    """Changes a traced graph before it is converted."""
    prepare: Callable[[Any], None] = lambda program: None
    """Changes a program before it is written."""
    compile: Callable[[Path], None] = lambda file: None
    """Compiles a program that was written, for the device."""
    precision: ProgramPrecision = EXACT

    def versions(self) -> dict[str, str]:
        """Versions of what decides a program; raises `SkillsetError` if a library is absent."""
        names = ("torch", "transformers", *self.libraries, *self.precision.libraries)
        return {name: getattr(import_library(name), "__version__", "") for name in names} | {"code": _code()}


def engine(name: str, precision: str) -> Engine:
    """An engine by name, in a precision by name; raises `SkillsetError` if there is none."""
    if name not in ENGINES:
        raise SkillsetError(f"there is no engine {name!r}; there is {', '.join(ENGINES)}")
    return replace(ENGINES[name], precision=of_program(name, precision))


@cache
def _code() -> str:
    """A digest of the modules that decide a program, and which calls it takes."""
    modules = (Path(__file__).with_name(f"{name}.py") for name in _DECIDING)
    return hashlib.sha256(b"".join(module.read_bytes() for module in modules)).hexdigest()


def export(engine: Engine, module: Any, given: dict[str, Any], dynamic: bool, folder: Path) -> Form:
    """Write the program of a module's forward for calls like the one with these arguments; its form.

    Raises whatever the exporter raises. With `dynamic`, axes that differ from request to request are left
    open, as far as the exporter can; the form says which are.
    """
    from transformers import exporters

    wanted, sample = form(given), _sample(given)
    options = {**engine.options, **engine.precision.options()}
    if dynamic:
        options |= {"dynamic": True, "dynamic_shapes": _open_axes(module, sample)}
    constants, experts = lookalikes.constant_buffers(module), _experts_at_once(module)
    with _EXPORTING, constants, experts, tracing.rewritten(engine.rewrite) as traced:
        exporter = getattr(exporters, engine.exporter)()
        exported = exporter.export(module, sample, getattr(exporters, engine.config)(**options))
    exported.config = exported.generation_config = None  # the model's folder has them
    engine.prepare(exported.program)
    exported.save_pretrained(folder)
    engine.compile(folder / _ONNX_FILE)
    return tracing.accepted(traced[0], sample, wanted)


def opened(engine: Engine, folder: Path, device: str, threads: int) -> Program:
    """A saved program on a device of its engine; its calls are made one at a time."""
    runner = engine.runner(engine, folder, device, threads)
    lock = threading.Lock()

    def run(**given: Any) -> Any:
        with lock:
            # OpenVINO's encoder-decoder programs crash on inputs that they share with torch.
            return runner(share_inputs=False, **given)

    return run


def _check_openvino(engine: Engine, device: str) -> None:
    core = import_library("openvino").Core()
    engine.precision.check(core.get_property(device, "OPTIMIZATION_CAPABILITIES"), device)


def _openvino_runner(engine: Engine, folder: Path, device: str, threads: int) -> Any:
    from transformers.exporters import ExportedModel

    config = {"INFERENCE_PRECISION_HINT": engine.precision.computed_in, "INFERENCE_NUM_THREADS": threads}
    return ExportedModel.from_pretrained(folder, device=device.lower(), config=config).runners["model"]


def _onnx_runner(engine: Engine, folder: Path, device: str, threads: int) -> Any:
    return _session_runner(folder, sessions.open_session(folder / _ONNX_FILE, device, threads=threads))


def _qnn_runner(engine: Engine, folder: Path, device: str, threads: int) -> Any:
    return _session_runner(folder, qnn.open_compiled(folder))


def _session_runner(folder: Path, session: Any) -> Any:
    """A runner of a session that is open; `ExportedModel` would open one that may fall back silently."""
    from transformers.exporters.metadata import ExportMetadata
    from transformers.exporters.runners.runner_onnx import OnnxModelRunner

    manifest = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    return OnnxModelRunner(ExportMetadata.from_dict(manifest["components"]["model"]["metadata"]), session)


_DECIDING = (
    "caches",
    "calls",
    "exported",
    "exporting",
    "lookalikes",
    "making",
    "parts",
    "program_precisions",
    "programs",
    "qnn",
    "rewriting",
    "tracing",
    "verifying",
)
_ONNX_FILE = "model.onnx"
_ONNX_LIBRARIES = ("onnx", "onnxscript", "onnxruntime")
ENGINES = {
    each.name: each
    for each in (
        Engine(
            "onnx",
            "OnnxExporter",
            "OnnxConfig",
            _ONNX_LIBRARIES,
            _onnx_runner,
            rewrite=rewriting.for_onnx,
        ),
        Engine(
            "openvino",
            "OpenVINOExporter",
            "OpenVINOConfig",
            ("openvino",),
            _openvino_runner,
            # A stateful program keeps its cache between calls, which requests of several callers would share.
            options={"stateful": False},
            check=_check_openvino,
            rewrite=rewriting.for_openvino,
        ),
        Engine(
            "qnn",
            "OnnxExporter",
            "OnnxConfig",
            (*_ONNX_LIBRARIES, "onnxruntime_qnn"),
            _qnn_runner,
            rewrite=rewriting.for_onnx,
            prepare=qnn.prepare,
            compile=qnn.compile,
        ),
    )
}


def _sample(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments to trace with. A mask that hides nothing would be traced as if there were none."""
    sample = dict(given)
    mask = sample.get("attention_mask")
    if getattr(mask, "ndim", 0) == 2 and mask.all():
        sample["attention_mask"] = mask.clone()
        sample["attention_mask"][0, 0] = 0
    return sample


def _open_axes(module: Any, sample: Mapping[str, Any]) -> dict[str, Any]:
    """The axes to leave open of each argument; fewer of them export far faster (swin in 5 s, not 80).

    Pictures come from processors at one size, so only their number is open; caches grow along their
    third axis; of all else every axis is.
    """
    from torch.utils._pytree import tree_map
    from transformers.exporters import exporter_dynamo, utils

    exporter_dynamo.register_cache_pytrees_for_model(module)
    traced = {name: value for name, value in sample.items() if name not in utils._OUTPUT_FLAGS}
    shapes = exporter_dynamo.get_auto_dynamic_shapes(traced)
    for name, value in traced.items():
        if "pixel" in name and hasattr(value, "ndim"):
            shapes[name] = {
                axis: any_ for axis, any_ in shapes[name].items() if axis < max(1, value.ndim - 3)
            }
        elif not hasattr(value, "ndim"):
            shapes[name] = tree_map(_cache_axes, shapes[name], is_leaf=_is_axes)
    return shapes


def _is_axes(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(axis, int) for axis in value)


def _cache_axes(axes: Any) -> Any:
    rank = len(axes) if _is_axes(axes) else 0
    return {axis: kept for axis, kept in axes.items() if axis in (0, 2)} if rank == 4 else axes


def _experts_at_once(module: Any) -> AbstractContextManager[None]:
    """In which a model's experts are not looped over: which of them are asked differs from call to call."""
    from transformers.exporters.exporter_onnx import use_experts_implementation

    implementations = getattr(module, "get_experts_implementation", dict)()
    return use_experts_implementation(module, "batched_mm" if "eager" in implementations.values() else None)
