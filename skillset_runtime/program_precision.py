"""Precisions of exported programs: what their exporter is told, and their runtime."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from skillset_runtime.errors import SkillsetError

_GROUP = 32
"""Weights that share a scale in int4."""
_ROUNDED = 0.5


@dataclass(frozen=True)
class ProgramPrecision:
    """How an engine's programs come to a precision.

    `options` gives arguments of the exporter's config; `computed_in` is what OpenVINO calls the floats it is
    to compute in (where it is not told, bfloat16 if the processor can); `tolerance` is how far a program's
    answer may be off torch's in float32, relative to the largest value: beyond it the program is wrong, and
    not only rounded.
    """

    name: str
    options: Callable[[], Mapping[str, Any]] = dict
    computed_in: str | None = None
    tolerance: float = _ROUNDED

    def export_options(self) -> Mapping[str, Any]:
        """Arguments of the exporter's config; raises `SkillsetError` where a library is absent."""
        try:
            return self.options()
        except ImportError as error:
            raise SkillsetError(f"{self.name} needs {error.name}: pip install {error.name}") from error


def of_program(engine: str, name: str) -> ProgramPrecision:
    """The precision of an engine's programs by its name; raises `SkillsetError` if there is none."""
    offered = {each.name: each for each in _PRECISIONS[engine]}
    if name not in offered:
        raise SkillsetError(f"programs of {engine} have no {name}; they have {', '.join(offered)}")
    return offered[name]


def _halved() -> Mapping[str, Any]:
    return {"compress_to_fp16": True}


def _onnx_int8() -> Mapping[str, Any]:
    """Activations are rounded as they come, by one scale for a tensor."""
    from transformers.exporters import OnnxRuntimeDynamicConfig, OnnxRuntimeQuantizer

    return {"quantizer": OnnxRuntimeQuantizer(OnnxRuntimeDynamicConfig(per_channel=True))}


def _openvino_int8() -> Mapping[str, Any]:
    """Activations are rounded as they come, in groups, by processors that multiply integers."""
    import nncf

    return _compressed(mode=nncf.CompressWeightsMode.INT8_ASYM)


def _openvino_int4() -> Mapping[str, Any]:
    """NNCF leaves embeddings and the last layer in int8."""
    import nncf

    return _compressed(mode=nncf.CompressWeightsMode.INT4_ASYM, group_size=_GROUP)


def _compressed(**options: Any) -> Mapping[str, Any]:
    from transformers.exporters import NNCFOpenVINOQuantizer, NNCFWeightCompressionConfig

    return {"quantizer": NNCFOpenVINOQuantizer(NNCFWeightCompressionConfig(**options))}


EXACT = ProgramPrecision("float32", dict, "f32", tolerance=1e-3)
"""What float32 kernels differ by."""

_PRECISIONS = {
    "onnx": (EXACT, ProgramPrecision("int8", _onnx_int8)),
    # Half precision, by which a small T5 differs in torch, too.
    "qnn": (ProgramPrecision("float16", tolerance=5e-2),),
    "openvino": (
        EXACT,
        ProgramPrecision("bfloat16", _halved, "bf16"),
        ProgramPrecision("float16", _halved, "f16"),
        ProgramPrecision("int8", _openvino_int8, "f32"),
        ProgramPrecision("int4", _openvino_int4, "f32"),
    ),
}
