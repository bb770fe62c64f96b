"""From a torch module and a sample call to a program in a folder, by `transformers.exporters`; and back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from skillset_runtime import qnn, sessions
from skillset_runtime.calls import Axes, Form, form
from skillset_runtime.errors import SkillsetError
from skillset_runtime.program_precision import EXACT, ProgramPrecision, of_program
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
    options: Mapping[str, Any]
    precision: ProgramPrecision = EXACT

    def versions(self) -> dict[str, str]:
        """Versions of what decides a program; raises `SkillsetError` if a library is absent."""
        names = ("torch", "transformers", *self.libraries)
        return {name: getattr(import_library(name), "__version__", "") for name in names}


# A stateful program keeps its cache between calls, which requests of several callers would share.
ENGINES = {
    "onnx": Engine("onnx", "OnnxExporter", "OnnxConfig", ("onnx", "onnxscript", "onnxruntime"), {}),
    "openvino": Engine("openvino", "OpenVINOExporter", "OpenVINOConfig", ("openvino",), {"stateful": False}),
    "qnn": Engine(
        "qnn",
        "OnnxExporter",
        "OnnxConfig",
        ("onnx", "onnxscript", "onnxruntime", "onnxruntime_qnn"),
        {},
    ),
}


def engine(name: str, precision: str) -> Engine:
    """An engine by name, in a precision by name."""
    if name not in ENGINES:
        raise SkillsetError(f"there is no engine {name!r}; there is {', '.join(ENGINES)}")
    return replace(ENGINES[name], precision=of_program(name, precision))


def export(engine: Engine, module: Any, given: dict[str, Any], dynamic: bool, folder: Path) -> Form:
    """Write the program of a module's forward for calls like the one with these arguments; its form.

    Raises whatever the exporter raises. With `dynamic`, axes that differ from request to request are left
    open, as far as the exporter can; the form says which are.
    """
    from transformers import exporters

    wanted, sample = form(given), _sample(given)
    options = {**engine.options, **engine.precision.export_options()}
    if dynamic:
        options |= {"dynamic": True, "dynamic_shapes": _open_axes(module, sample)}
    with _EXPORTING:
        exporter = getattr(exporters, engine.exporter)()
        exported = exporter.export(module, sample, getattr(exporters, engine.config)(**options))
    exported.config = exported.generation_config = None  # the model's folder has them
    if engine.name == "qnn":
        qnn.prepare(exported.program)
    exported.save_pretrained(folder)
    if engine.name == "qnn":
        qnn.compile(folder / _ONNX_FILE)
    return _accepted(engine.name, exported.program, wanted)


def opened(engine: Engine, folder: Path, device: str, threads: int) -> Program:
    """A saved program on a device of its engine; its calls are made one at a time."""
    runner = _RUNNERS[engine.name](folder, device, threads, engine.precision)
    lock = threading.Lock()

    def run(**given: Any) -> Any:
        with lock:
            # OpenVINO's encoder-decoder programs crash on inputs that they share with torch.
            return runner(share_inputs=False, **given)

    return run


def _openvino_runner(folder: Path, device: str, threads: int, precision: ProgramPrecision) -> Any:
    """Raises `SkillsetError` if OpenVINO computes in other floats than it is told to, as it does silently."""
    from transformers.exporters import ExportedModel

    config = {_COMPUTED_IN: precision.computed_in, "INFERENCE_NUM_THREADS": threads}
    runner = ExportedModel.from_pretrained(folder, device=device.lower(), config=config).runners["model"]
    found = runner.compiled_model.get_property(_COMPUTED_IN).get_type_name()
    if found != precision.computed_in:
        raise SkillsetError(f"{device} does not compute in {precision.name} but in {found}; choose another")
    return runner


def _onnx_runner(folder: Path, device: str, threads: int, precision: ProgramPrecision) -> Any:
    return _session_runner(folder, sessions.open_session(folder / _ONNX_FILE, device, threads=threads))


def _qnn_runner(folder: Path, device: str, threads: int, precision: ProgramPrecision) -> Any:
    return _session_runner(folder, qnn.open_compiled(folder))


def _session_runner(folder: Path, session: Any) -> Any:
    """A runner of a session that is open; `ExportedModel` would open one that may fall back silently."""
    from transformers.exporters.metadata import ExportMetadata
    from transformers.exporters.runners.runner_onnx import OnnxModelRunner

    manifest = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    return OnnxModelRunner(ExportMetadata.from_dict(manifest["components"]["model"]["metadata"]), session)


_COMPUTED_IN = "INFERENCE_PRECISION_HINT"
_ONNX_FILE = "model.onnx"
_RUNNERS = {"onnx": _onnx_runner, "openvino": _openvino_runner, "qnn": _qnn_runner}


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


def _accepted(engine: str, program: Any, given: Form) -> Form:
    """The form of calls that a finished graph answers: some axes that were to be open are fixed silently.

    An input that the graph does not read (a mask, in a linear-attention model) may have any size.
    """
    sizes = _AXES[engine](program)
    tensors = ((path, dtype, sizes.get(path, (None,) * len(shape))) for path, dtype, shape in given.tensors)
    return Form(tuple(tensors), given.constants)


def _onnx_axes(program: Any) -> dict[str, Axes]:
    return {
        value.name.removeprefix("input."): tuple(n if isinstance(n, int) else None for n in value.shape)
        for value in program.graph.inputs
    }


def _openvino_axes(program: Any) -> dict[str, Axes]:
    return {
        name.removeprefix("input."): tuple(
            None if dim.is_dynamic else dim.get_length() for dim in port.get_partial_shape()
        )
        for port in program.inputs
        for name in port.get_names()
    }


_AXES = {"onnx": _onnx_axes, "openvino": _openvino_axes, "qnn": _onnx_axes}
