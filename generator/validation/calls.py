"""Calls of torch's Python interface for which its C++ would need the claimed device itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from generator.validation.claims import ATTENTION, Claimed, Machine, PlacementError, operate
from generator.validation.device_rules import replaced, tensors


class Calls(TorchFunctionMode):
    """Numbers the devices that calls name, for which torch would ask a guard that knows none here."""

    def __init__(self, machine: Machine):
        super().__init__()
        self.machine = machine

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in _LEFT_TO_US:
            return _LEFT_TO_US[func](self.machine, *args, **kwargs)
        if func is torch.Tensor.to and len(args) > 1 and isinstance(args[1], str | int):
            args = (args[0], self.machine.device(args[1]), *args[2:])
        if isinstance(kwargs.get("device"), str | int):
            kwargs["device"] = self.machine.device(kwargs["device"])
        results = func(*map(self._numbered, args), **{name: self._numbered(kwargs[name]) for name in kwargs})
        if isinstance(generator := kwargs.get("generator"), torch.Generator):
            _check_generator(func, generator, results)
        return results

    def _numbered(self, value: Any) -> Any:
        return self.machine.device(value) if isinstance(value, torch.device) else value


def _check_generator(func: Any, generator: torch.Generator, results: Any) -> None:
    for drawn in tensors(results):
        if drawn.device.type != generator.device.type:
            devices = (str(generator.device), str(drawn.device))
            raise PlacementError(func.__name__, devices, "a generator must be of the device it draws for")


def _to_cuda(machine: Machine, tensor: torch.Tensor, device: Any = None, **options: Any) -> torch.Tensor:
    return tensor.to(machine.device("cuda" if device is None else device), **options)


def _device(machine: Machine, *named: Any, **options: Any) -> torch.device:
    """`torch.device`, for which a number alone is one of the accelerator's devices."""
    if len(named) == 1 and isinstance(named[0], int):
        return torch.device(machine.type, *named)
    return torch.device(*named, **options)


def _pinned(machine: Machine, tensor: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    return tensor


def _made(make: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """`torch.tensor` and its like, which read the numbers of the tensors in a list."""

    def made(machine: Machine, data: Any, *args: Any, device: Any = None, **options: Any) -> torch.Tensor:
        if not isinstance(data, torch.Tensor):
            data = replaced(data, lambda each: each.cpu() if isinstance(each, Claimed) else each)
        return make(data, *args, device=None if device is None else machine.device(device), **options)

    return made


def _attention(machine: Machine, *args: Any, **kwargs: Any) -> torch.Tensor:
    return operate(machine, ATTENTION, args, kwargs)


_LEFT_TO_US = {
    torch.device: _device,
    torch.Tensor.cuda: _to_cuda,
    torch.Tensor.pin_memory: _pinned,
    torch.tensor: _made(torch.tensor),
    torch.as_tensor: _made(torch.as_tensor),
    torch.nn.functional.scaled_dot_product_attention: _attention,
}
"""Calls for which torch's C++ would need the device before it comes to an operation."""
