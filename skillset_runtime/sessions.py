"""Sessions of ONNX Runtime that compute where they were asked to, or do not open.

By itself ONNX Runtime falls back to the processor: a provider that a build does not have, or whose libraries
do not load, costs a line on stderr, and what a provider does not take is computed elsewhere without one.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import platform
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from skillset_runtime.errors import SkillsetError, first_line
from skillset_runtime.resources import import_library

CPU = "CPUExecutionProvider"
QNN = "QNNExecutionProvider"
_PLUGINS = {QNN: "onnxruntime_qnn"}
"""Providers that come by themselves, in a library that is registered before the first session."""
_NO_PARTS = frozenset({QNN})
"""Providers that must take every node. A GPU's leaves the arithmetic of shapes to the processor."""
_REGISTERING = threading.Lock()


def open_session(
    model: Path | bytes,
    provider: str,
    options: Mapping[str, str] | None = None,
    entries: Mapping[str, str] | None = None,
    threads: int = 0,
) -> Any:
    """An `InferenceSession` whose graph a provider computes; raises `SkillsetError`, which says why not.

    `options` are the provider's, `entries` the session's configuration; 0 threads are as many as cores.
    """
    runtime = import_library("onnxruntime")
    available(runtime, provider)
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.log_severity_level = 4  # what is wrong is raised
    settings.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    for name, value in (entries or {}).items():
        settings.add_session_config_entry(name, value)
    source = model if isinstance(model, bytes) else str(model)
    try:
        session = _opened(runtime, source, settings, provider, dict(options or {}))
    except Exception as error:  # of ONNX Runtime's own classes, and what a provider's library raises
        raise SkillsetError(f"{provider} does not open the graph: {first_line(error)}") from error
    check(session, provider)
    return session


def available(runtime: Any, provider: str) -> None:
    """Raise `SkillsetError` unless this build of ONNX Runtime has a provider and its libraries load."""
    if provider in _PLUGINS:
        _register(runtime, provider)
    found = runtime.get_available_providers()
    if provider not in found:
        raise SkillsetError(
            f"onnxruntime {runtime.__version__} has no {provider}, but {', '.join(found)}; "
            f"install a build of it that has"
        )
    if lacks := _unloadable(runtime, provider):
        raise SkillsetError(f"{provider} cannot be used here: {lacks}")


def check(session: Any, provider: str) -> None:
    """Raise `SkillsetError` if a session does not compute on the provider that it was opened for."""
    got = session.get_providers()
    if provider not in got:
        raise SkillsetError(f"{provider} was asked for, and the session got {', '.join(got)}")
    elsewhere = assigned(session)
    taken = elsewhere.pop(provider, Counter())
    if provider in _NO_PARTS and elsewhere or elsewhere and not taken:
        kinds = sum(elsewhere.values(), Counter())
        shown = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        raise SkillsetError(f"{provider} does not compute {shown}")


def assigned(session: Any) -> dict[str, Counter[str]]:
    """How many nodes of each operator each provider computes; empty where ONNX Runtime is too old to tell."""
    if not hasattr(session, "get_provider_graph_assignment_info"):
        return {}
    counts: dict[str, Counter[str]] = {}
    for part in session.get_provider_graph_assignment_info():
        counts.setdefault(part.ep_name, Counter()).update(node.op_type for node in part.get_nodes())
    return counts


def is_simulated(provider: str) -> bool:
    """Whether a provider's library simulates its device here: Qualcomm's does on x86, which has no HTP."""
    return provider == QNN and platform.machine() in ("x86_64", "AMD64")


def _opened(runtime: Any, source: str | bytes, settings: Any, provider: str, options: dict[str, str]) -> Any:
    if provider in _PLUGINS:
        # By its name in `providers` a plugin would be left out, silently.
        settings.add_provider_for_devices(_devices(runtime, provider), options)
        return runtime.InferenceSession(source, settings, enable_fallback=0)
    providers: Sequence[Any] = [(provider, options)] if provider == CPU else [(provider, options), CPU]
    return runtime.InferenceSession(source, settings, providers=providers, enable_fallback=0)


def _register(runtime: Any, provider: str) -> None:
    plugin = import_library(_PLUGINS[provider])
    with _REGISTERING:
        if provider in runtime.get_available_providers():
            return
        try:
            runtime.register_execution_provider_library(provider, plugin.get_library_path())
        except Exception as error:  # of ONNX Runtime's own classes
            name = _PLUGINS[provider].replace("_", "-")
            version = importlib.metadata.version(name)
            raise SkillsetError(
                f"onnxruntime {runtime.__version__} does not load {name} {version}: {first_line(error)}"
            ) from error


def _devices(runtime: Any, provider: str) -> list[Any]:
    """The devices of a plugin: its accelerators if it finds any, or else the processor that simulates one."""
    found = [device for device in runtime.get_ep_devices() if device.ep_name == provider]
    accelerators = [device for device in found if device.device.type == runtime.OrtHardwareDeviceType.NPU]
    if not found:
        raise SkillsetError(f"{provider} finds no device here")
    return accelerators[:1] or found[:1]


def _unloadable(runtime: Any, provider: str) -> str | None:
    """What the system's loader says of a provider's library; None if it loads, or there is none."""
    short = provider.removesuffix("ExecutionProvider").lower()
    library = Path(runtime.__file__).parent / "capi" / f"libonnxruntime_providers_{short}.so"
    if library.exists():
        try:
            ctypes.CDLL(str(library))
        except OSError as error:
            return str(error)
    return None
