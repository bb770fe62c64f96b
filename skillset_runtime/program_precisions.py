"""Precisions of exported programs: what their exporter is told, and their runtime."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from skillset_runtime.errors import SkillsetError

_GROUP = 32
"""Weights that share a scale in int4."""
_ROUNDED = 0.5
_CAPABILITIES = {"f32": "FP32", "bf16": "BF16", "f16": "FP16"}
"""What OpenVINO's devices call the floats that they compute in."""


@dataclass(frozen=True)
class ProgramPrecision:
    """How an engine's programs come to a precision.

    `options` gives arguments of the exporter's config, by help of `libraries`; `computed_in` is what OpenVINO
    calls the floats it is to compute in; `tolerance` is how far a program's answer may be off torch's in
    float32, relative to the largest value: beyond it the program is wrong, and not only rounded.
    """

    name: str
    options: Callable[[], Mapping[str, Any]] = dict
    computed_in: str = "f32"
    libraries: tuple[str, ...] = ()
    tolerance: float = _ROUNDED

    def check(self, capabilities: Collection[str], device: str) -> None:
        """Raise `SkillsetError` if an OpenVINO device would compute in other floats, as it does silently."""
        if _CAPABILITIES[self.computed_in] not in capabilities:
            raise SkillsetError(f"{device} does not compute in {self.name}; choose another precision")


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


EXACT = ProgramPrecision("float32", tolerance=1e-3)
"""What float32 kernels differ by."""

_PRECISIONS = {
    "onnx": (EXACT, ProgramPrecision("int8", _onnx_int8)),
    # Half precision, by which a small T5 differs in torch, too.
    "qnn": (ProgramPrecision("float16", tolerance=5e-2),),
    "openvino": (
        EXACT,
        ProgramPrecision("bfloat16", _halved, "bf16"),
        ProgramPrecision("float16", _halved, "f16"),
        # In bfloat16, a processor's choice, Llama's program with int8 weights gives NaN for a padded text.
        ProgramPrecision("int8", _openvino_int8, libraries=("nncf",)),
        ProgramPrecision("int4", _openvino_int4, libraries=("nncf",)),
    ),
}
