"""What a hardware target has, tried out on it. `detection` runs each probe in a process of its own:

    python -m skillset_runtime.probes TARGET RESULT.json

A probe returns `Found` or raises; a driver that hangs, crashes or prints is the business of its caller.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from skillset_runtime import qnn, sessions
from skillset_runtime.errors import SkillsetError
from skillset_runtime.targets import TARGETS, Hardware

_MATRIX = (8, 8)
_FOR_BROWSERS = "python -m skillset_runtime.web writes a model's programs for one"


class Unavailable(Exception):
    """Why a target cannot be used here, and what would help."""


@dataclass(frozen=True)
class Device:
    """A device by the name that it is opened with; memory in bytes, None where nothing tells it."""

    id: str
    name: str
    memory: int | None = None


@dataclass(frozen=True)
class Found:
    """What a probe found: devices that worked, versions of libraries and drivers, precisions that ran."""

    devices: tuple[Device, ...]
    versions: dict[str, str] = field(default_factory=dict)
    precisions: tuple[str, ...] = ()


def probe(target: Hardware) -> Found:
    """What was found of a target; raises `Unavailable`, or whatever a broken library raises."""
    for library, install in target.libraries.items():
        if importlib.util.find_spec(library) is None:
            raise Unavailable(f"{library} is not installed: {install}")
    return PROBES[target.name]()


def cpu() -> Found:
    torch = importlib.import_module("torch")
    device = Device("cpu", _processor_name(), _memory())
    return Found((device,), _versions("torch"), tuple(_torch_precisions(torch, "cpu")))


def cuda() -> Found:
    torch = importlib.import_module("torch")
    if torch.version.cuda is None:
        raise Unavailable(f"torch {torch.__version__} is built without CUDA: {_install('cuda')}")
    return _torch_gpus(torch, {"cuda": torch.version.cuda})


def rocm() -> Found:
    torch = importlib.import_module("torch")
    if torch.version.hip is None:
        raise Unavailable(f"torch {torch.__version__} is built without ROCm: {_install('rocm')}")
    return _torch_gpus(torch, {"rocm": torch.version.hip})


def mps() -> Found:
    torch = importlib.import_module("torch")
    if not torch.backends.mps.is_built():
        raise Unavailable(f"torch {torch.__version__} is built without MPS; it is in the builds for macOS")
    if not torch.backends.mps.is_available():
        raise Unavailable("this Mac has no GPU that Metal can use, or its macOS is older than 12.3")
    device = Device("mps", f"Apple {platform.machine()}", torch.mps.recommended_max_memory())
    return Found(
        (device,),
        {**_versions("torch"), "macos": platform.mac_ver()[0]},
        tuple(_torch_precisions(torch, "mps")),
    )


def onnx() -> Found:
    runtime = importlib.import_module("onnxruntime")
    _run_onnx(sessions.CPU)
    devices = tuple(
        Device(name, name.removesuffix("ExecutionProvider"))
        for name in runtime.get_available_providers()
        if _runs_onnx(name)
    )
    return Found(devices, {**_versions("onnx"), "onnxruntime": runtime.__version__}, ("float32",))


def openvino() -> Found:
    library = importlib.import_module("openvino")
    core = library.Core()
    devices = tuple(
        Device(name, core.get_property(name, "FULL_DEVICE_NAME")) for name in core.available_devices
    )
    if not devices:
        raise Unavailable("OpenVINO finds no device; its CPU plugin is missing: reinstall openvino")
    capabilities = core.get_property(devices[0].id, "OPTIMIZATION_CAPABILITIES")
    _run_openvino(library, core, devices[0].id)
    return Found(devices, _versions("openvino"), _openvino_precisions(capabilities))


def qualcomm() -> Found:
    _run_onnx(sessions.QNN, qnn.options())
    name = "Qualcomm HTP, simulated" if sessions.is_simulated(sessions.QNN) else "Qualcomm HTP"
    return Found((Device(sessions.QNN, name),), _versions("onnxruntime", "onnxruntime-qnn"), ("float16",))


def webnn() -> Found:
    raise Unavailable(f"WebNN is found in a browser only, and none is asked from here; {_FOR_BROWSERS}")


def webgpu() -> Found:
    raise Unavailable(f"WebGPU is found in a browser only, and none is asked from here; {_FOR_BROWSERS}")


PROBES: dict[str, Callable[[], Found]] = {
    probe.__name__: probe for probe in (cpu, cuda, rocm, mps, onnx, openvino, qualcomm, webnn, webgpu)
}


def _install(name: str) -> str:
    return TARGETS[name].libraries["torch"]


def _versions(*distributions: str) -> dict[str, str]:
    return {name: metadata.version(name) for name in distributions}


def _torch_gpus(torch: Any, versions: dict[str, str]) -> Found:
    """The GPUs of a CUDA or ROCm build that a tensor can be put on; the library alone proves nothing."""
    if not torch.cuda.is_available():
        raise Unavailable(
            "torch finds no GPU that it can use; look at the driver with nvidia-smi or rocm-smi"
        )
    devices = tuple(_gpu(torch, index) for index in range(torch.cuda.device_count()))
    return Found(devices, {**_versions("torch"), **versions}, tuple(_torch_precisions(torch, "cuda")))


def _gpu(torch: Any, index: int) -> Device:
    name = f"cuda:{index}"
    torch.ones(_MATRIX, device=name).sum().item()
    properties = torch.cuda.get_device_properties(index)
    return Device(name, properties.name, properties.total_memory)


def _torch_precisions(torch: Any, device: str) -> Iterator[str]:
    """The precisions in which a matrix product runs on the device."""
    for name in ("float64", "float32", "bfloat16", "float16"):
        try:
            matrix = torch.ones(_MATRIX, dtype=getattr(torch, name), device=device)
            if (matrix @ matrix).sum().item() == _MATRIX[0] ** 3:
                yield name
        except (RuntimeError, TypeError):
            continue


def _runs_onnx(provider: str) -> bool:
    """Whether a provider that ONNX Runtime lists can be used; often libraries or a device are absent."""
    try:
        _run_onnx(provider)
    except (SkillsetError, Unavailable):
        return False
    return True


def _run_onnx(provider: str, options: Mapping[str, str] | None = None) -> None:
    """Add two numbers on a provider of ONNX Runtime."""
    helper = importlib.import_module("onnx.helper")
    kind = importlib.import_module("onnx").TensorProto.FLOAT
    values = [helper.make_tensor_value_info(name, kind, [1]) for name in ("a", "b")]
    total = helper.make_tensor_value_info("total", kind, [1])
    graph = helper.make_graph([helper.make_node("Add", ["a", "b"], ["total"])], "sum", values, [total])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    session = sessions.open_session(model.SerializeToString(), provider, options)
    numpy = importlib.import_module("numpy")
    one = numpy.ones(1, dtype=numpy.float32)
    # An HTP adds them in a float of its own, and is off by the last bit.
    if abs(session.run(None, {"a": one, "b": one})[0].item() - 2) > 1e-3:
        raise Unavailable(f"{provider} adds 1 and 1 wrongly")


def _run_openvino(library: Any, core: Any, device: str) -> None:
    operators = importlib.import_module("openvino.opset13")
    one = operators.parameter([1], library.Type.f32)
    model = library.Model([operators.add(one, one)], [one])
    numpy = importlib.import_module("numpy")
    result = core.compile_model(model, device)([numpy.ones(1, dtype=numpy.float32)])
    if result[0].tolist() != [2.0]:
        raise Unavailable(f"OpenVINO's {device} adds 1 and 1 wrongly")


def _openvino_precisions(capabilities: list[str]) -> tuple[str, ...]:
    names = {"FP32": "float32", "BF16": "bfloat16", "FP16": "float16", "INT8": "int8"}
    return tuple(name for capability, name in names.items() if capability in capabilities)


def _processor_name() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _memory() -> int | None:
    """The machine's memory in bytes, where the system tells it through POSIX."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def main(name: str, result: str) -> None:
    """Try a target, and leave what was found, or the reason why it cannot be used, as JSON."""
    try:
        found = asdict(probe(TARGETS[name]))
    except (SkillsetError, Unavailable) as error:
        found = {"reason": str(error)}
    except Exception as error:  # whatever a broken library raises
        found = {"reason": f"{type(error).__name__}: {str(error).strip() or 'no message'}"}
    Path(result).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
