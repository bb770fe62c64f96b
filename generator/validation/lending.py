"""What a CPU build of torch is lent so that code believes in a device: a guard, and answers to questions."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from generator.validation.calls import Calls
from generator.validation.claims import Machine, Operations

_GUARDS = "_ZN3c104impl26device_guard_impl_registryE"
_REGISTER = "_ZN3c104impl19registerDeviceGuardENS_10DeviceTypeEPKNS0_24DeviceGuardImplInterfaceE"
_TYPES = {"cuda": 1, "mps": 13, "meta": 14}
"""Numbers of c10's `DeviceType` (torch/headeronly/core/DeviceType.h)."""
_ABSENT = object()


@contextmanager
def claiming(machine: Machine) -> Iterator[Machine]:
    """Make code believe that it runs on a machine, in this thread and in those that it starts."""
    with ExitStack() as stack:
        stack.enter_context(_guard(machine.type))
        for owner, name, value in _answers(machine):
            stack.enter_context(_lent(owner, name, value))
        stack.enter_context(_lent(threading.Thread, "run", _believing(threading.Thread.run, machine)))
        stack.enter_context(_modes(machine))
        yield machine


@contextmanager
def _modes(machine: Machine) -> Iterator[None]:
    only_lift = torch._C._only_lift_cpu_tensors()
    # `torch.tensor(…, device=…)` then makes the tensor on the CPU and moves it, which modes see.
    torch._C._set_only_lift_cpu_tensors(True)
    try:
        with Operations(machine), Calls(machine):
            yield
    finally:
        torch._C._set_only_lift_cpu_tensors(only_lift)


def _believing(run: Callable[[threading.Thread], None], machine: Machine) -> Callable[..., None]:
    """A thread's work under the modes, which torch keeps per thread."""

    def under_modes(thread: threading.Thread) -> None:
        with _modes(machine):
            run(thread)

    return under_modes


@contextmanager
def _guard(device_type: str) -> Iterator[None]:
    """Register the guard of `meta`, which does nothing, for a device type.

    A build without CUDA has none for it, and that of a build with CUDA asks for a device. torch does the same
    for its fake tensors where it finds none (`c10::impl::ensureCUDADeviceGuardSet`).
    """
    library = ctypes.CDLL(str(Path(torch.__file__).parent / "lib/libc10.so"))
    guards = (ctypes.c_void_p * (max(_TYPES.values()) + 1)).in_dll(library, _GUARDS)
    register, number = library[_REGISTER], _TYPES[device_type]
    register.argtypes, register.restype = [ctypes.c_int8, ctypes.c_void_p], None
    before = guards[number]
    register(number, guards[_TYPES["meta"]])
    try:
        yield
    finally:
        register(number, before)


@contextmanager
def _lent(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(owner, name, _ABSENT)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, before)


def _answers(machine: Machine) -> list[tuple[Any, str, Any]]:
    """What `torch.cuda`, `torch.mps` and their like are to answer: (module, name, answer)."""
    answers = {
        torch: {"compile": _left_alone, "Generator": _generator(machine), "Event": _Event},
        torch.cuda: {"_lazy_init": _nothing},
        torch.accelerator: {
            "is_available": lambda: True,
            "device_count": lambda: machine.count,
            "current_accelerator": lambda *_, **__: torch.device(machine.type),
            "current_device_index": lambda: machine.current,
            "set_device_index": lambda index: _choose(machine, index),
            "synchronize": _nothing,
        },
    }
    of_type = {"cuda": _cuda, "mps": _mps}[machine.type](machine)
    for module, named in of_type.items():
        answers[module] = {**answers.get(module, {}), **named}
    return [(module, name, answer) for module, named in answers.items() for name, answer in named.items()]


def _cuda(machine: Machine) -> dict[Any, dict[str, Any]]:
    memory = (machine.memory, machine.memory)
    properties = SimpleNamespace(
        name=f"claimed {machine.type}",
        total_memory=machine.memory,
        major=machine.capability[0],
        minor=machine.capability[1],
        multi_processor_count=1,
        gcnArchName="gfx942",
    )
    return {
        torch._C: {"_cuda_getDevice": lambda: machine.current},
        torch.backends.cudnn: {"is_acceptable": lambda _: False},  # it would lay out weights of LSTMs
        torch.version: {"hip": machine.hip, "cuda": None if machine.hip else "13.0"},
        torch.cuda: {
            "is_available": lambda: True,
            "is_initialized": lambda: True,
            "device_count": lambda: machine.count,
            "set_device": lambda device: _choose(machine, device),
            "_exchange_device": lambda device: _choose(machine, device),
            "_maybe_exchange_device": lambda device: _choose(machine, device),
            "get_device_name": lambda *_: properties.name,
            "get_device_properties": lambda *_: properties,
            "get_device_capability": lambda *_: machine.capability,
            "is_bf16_supported": lambda *_, **__: True,
            "mem_get_info": lambda *_: memory,
            "default_generators": tuple(torch.Generator() for _ in range(machine.count)),
            **dict.fromkeys(("synchronize", "empty_cache", "reset_peak_memory_stats"), _nothing),
            **dict.fromkeys(("memory_allocated", "memory_reserved", "max_memory_allocated"), _zero),
        },
    }


def _mps(machine: Machine) -> dict[Any, dict[str, Any]]:
    return {
        torch.backends.mps: {"is_available": lambda: True, "is_built": lambda: True},
        torch.mps: {
            "_default_mps_generator": torch.Generator(),
            "device_count": lambda: machine.count,
            "recommended_max_memory": lambda: machine.memory,
            **dict.fromkeys(("synchronize", "empty_cache"), _nothing),
            **dict.fromkeys(("current_allocated_memory", "driver_allocated_memory"), _zero),
        },
    }


def _choose(machine: Machine, device: Any) -> int:
    """Make a device the current one, as `torch.cuda.set_device`; the one it was before."""
    before = machine.current
    index = device if isinstance(device, int) else machine.device(device).index
    machine.current = before if index < 0 else index
    return before


def _generator(machine: Machine) -> type[torch.Generator]:
    """`torch.Generator` for claimed devices too: one of the CPU that says where it belongs."""

    class Generator(torch.Generator):
        def __new__(cls, device: Any = "cpu") -> Generator:
            made = super().__new__(cls)
            made.claimed = machine.device(device)
            return made

        @property
        def device(self) -> torch.device:
            return self.claimed

    return Generator


class _Event:
    """`torch.Event` of a device whose every operation has ended when it returns."""

    def __init__(self, *_: Any, **__: Any):
        """Takes what the other takes."""

    def record(self, *_: Any) -> None:
        """Nothing is under way."""

    wait = synchronize = record

    def query(self) -> bool:
        return True


def _left_alone(model: Any = None, **_: Any) -> Any:
    """What is compiled for a device cannot be checked: the model runs as it is written."""
    return model if model is not None else lambda function: function


def _nothing(*_: Any, **__: Any) -> None:
    """What a device would do, and CPU data needs not."""


def _zero(*_: Any, **__: Any) -> int:
    return 0
