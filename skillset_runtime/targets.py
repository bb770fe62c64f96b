"""The hardware targets and the precisions, as specs/hardware/ and specs/precisions/ have them.

Written from there by templates/runtime/targets.py.j2; change those and run `doit targets`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Hardware:
    """A hardware target; what its fields mean is said in specs/schemas/hardware.schema.json."""

    name: str
    title: str
    doc: str
    engine: str
    device: str
    numbered: bool
    static: bool
    hosts: tuple[str, ...]
    libraries: Mapping[str, str] = field(hash=False)
    precisions: tuple[str, ...]
    fallback: tuple[str, ...]
    absent: str


@dataclass(frozen=True)
class Precision:
    """What models are computed in: how far floats of an answer may be off, and whether all else is equal."""

    name: str
    tolerance: float
    equal: bool


TARGETS: Mapping[str, Hardware] = MappingProxyType(
    {
        "cpu": Hardware(
            name="cpu",
            title="CPU",
            doc="PyTorch on the processor; needs nothing but torch.",
            engine="torch",
            device="cpu",
            numbered=False,
            static=False,
            hosts=("cpu",),
            libraries={"torch": "pip install torch"},
            precisions=(
                "float32",
                "bfloat16",
                "float16",
                "int8",
                "int4",
            ),
            fallback=(),
            absent="not run",
        ),
        "cuda": Hardware(
            name="cuda",
            title="NVIDIA GPU",
            doc="PyTorch on one NVIDIA GPU, or on several, among which the model is split.",
            engine="torch",
            device="cuda",
            numbered=True,
            static=False,
            hosts=("cuda",),
            libraries={"torch": "pip install torch --index-url https://download.pytorch.org/whl/cu130"},
            precisions=(
                "float32",
                "bfloat16",
                "float16",
                "int8",
                "int4",
            ),
            fallback=("cpu",),
            absent="placement checked",
        ),
        "mps": Hardware(
            name="mps",
            title="Apple GPU",
            doc="PyTorch on the GPU of a Mac through Metal.",
            engine="torch",
            device="mps",
            numbered=False,
            static=False,
            hosts=(
                "mps",
                "apple",
            ),
            libraries={"torch": "pip install torch"},
            precisions=(
                "float32",
                "bfloat16",
                "float16",
            ),
            fallback=("cpu",),
            absent="placement checked",
        ),
        "onnx": Hardware(
            name="onnx",
            title="ONNX Runtime",
            doc="The model exported to ONNX, run by ONNX Runtime.",
            engine="onnx",
            device="CPUExecutionProvider",
            numbered=False,
            static=False,
            hosts=("onnx",),
            libraries={
                "onnx": "pip install onnx",
                "onnxscript": "pip install onnxscript",
                "onnxruntime": "pip install onnxruntime",
            },
            precisions=(
                "float32",
                "int8",
            ),
            fallback=("cpu",),
            absent="not run",
        ),
        "openvino": Hardware(
            name="openvino",
            title="OpenVINO",
            doc="The model exported to OpenVINO's format, run on an Intel processor, GPU or NPU.",
            engine="openvino",
            device="CPU",
            numbered=True,
            static=False,
            hosts=("openvino",),
            libraries={"openvino": "pip install openvino"},
            precisions=(
                "float32",
                "bfloat16",
                "float16",
                "int8",
                "int4",
            ),
            fallback=(
                "onnx",
                "cpu",
            ),
            absent="not run",
        ),
        "qualcomm": Hardware(
            name="qualcomm",
            title="Qualcomm HTP",
            doc="The model exported to ONNX with static shapes, run by ONNX Runtime's QNN provider.",
            engine="qnn",
            device="QNNExecutionProvider",
            numbered=False,
            static=True,
            hosts=("qualcomm",),
            libraries={
                "onnx": "pip install onnx",
                "onnxscript": "pip install onnxscript",
                "onnxruntime": "pip install onnxruntime",
                "onnxruntime_qnn": "pip install onnxruntime-qnn",
            },
            precisions=("float16",),
            fallback=(
                "onnx",
                "cpu",
            ),
            absent="simulated",
        ),
        "rocm": Hardware(
            name="rocm",
            title="AMD GPU",
            doc="PyTorch on one AMD GPU, or on several, among which the model is split.",
            engine="torch",
            device="cuda",
            numbered=True,
            static=False,
            hosts=("rocm",),
            libraries={"torch": "pip install torch --index-url https://download.pytorch.org/whl/rocm7.1"},
            precisions=(
                "float32",
                "bfloat16",
                "float16",
                "int8",
                "int4",
            ),
            fallback=("cpu",),
            absent="placement checked",
        ),
        "webgpu": Hardware(
            name="webgpu",
            title="WebGPU",
            doc="The model exported to ONNX, run by ONNX Runtime in a browser.",
            engine="browser",
            device="webgpu",
            numbered=False,
            static=False,
            hosts=("webgpu",),
            libraries={},
            precisions=(
                "float32",
                "float16",
            ),
            fallback=(
                "onnx",
                "cpu",
            ),
            absent="not run",
        ),
        "webnn": Hardware(
            name="webnn",
            title="WebNN",
            doc="The model exported to ONNX with static shapes, run by ONNX Runtime in a browser.",
            engine="browser",
            device="webnn",
            numbered=False,
            static=True,
            hosts=("webnn",),
            libraries={},
            precisions=(
                "float32",
                "float16",
                "int8",
            ),
            fallback=(
                "webgpu",
                "onnx",
                "cpu",
            ),
            absent="not run",
        ),
    }
)

PRECISIONS: Mapping[str, Precision] = MappingProxyType(
    {
        "bfloat16": Precision(
            name="bfloat16",
            tolerance=0.125,
            equal=False,
        ),
        "float16": Precision(
            name="float16",
            tolerance=0.015625,
            equal=False,
        ),
        "float32": Precision(
            name="float32",
            tolerance=0.00010001659431000002,
            equal=True,
        ),
        "int4": Precision(
            name="int4",
            tolerance=0.4999999998,
            equal=False,
        ),
        "int8": Precision(
            name="int8",
            tolerance=0.12598425184,
            equal=False,
        ),
    }
)
