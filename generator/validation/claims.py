"""Tensors that hold CPU data and claim another device, and what operations on them do.

A claimed tensor looks to Python and to torch's C++ like one on `cuda:0` or `mps:0`. Each operation on it is
judged by `device_rules`, computed on the CPU data, and its results claim the device again.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils._mode_utils import no_dispatch
from torch.utils._python_dispatch import TorchDispatchMode

from generator.validation.device_rules import has_kernel, refusal, replaced, tensors

_HERE = (str(Path(__file__).with_name(f"{name}.py")) for name in ("claims", "calls", "device_rules"))
_OURS = (str(Path(torch.__file__).parent), *_HERE)
_FLOAT64 = (torch.float64, torch.complex128)
ATTENTION = torch.ops.aten.scaled_dot_product_attention.default
"""Made of others by a choice that torch leaves to the device, which here is not there."""
_PRODUCTS = {torch.ops.aten.mm.dtype: torch.mm, torch.ops.aten.bmm.dtype: torch.bmm}
"""Products whose results are of another type, which CUDA alone has."""


class PlacementError(RuntimeError):
    """An operation that the claimed device would refuse, and where it was asked for."""

    def __init__(self, operation: str, devices: tuple[str, ...], why: str):
        self.operation, self.devices, self.where = operation, devices, _asked_at()
        super().__init__(f"{operation} on {' and '.join(devices)}: {why}; asked for at {self.where}")


@dataclass
class Machine:
    """What code is made to believe it runs on: so many devices of one of torch's types."""

    type: str
    count: int = 1
    hip: str | None = None
    current: int = 0
    memory: int = 80 * 2**30
    capability: tuple[int, int] = (9, 0)

    def device(self, asked: Any) -> torch.device:
        """The device that torch makes of what was asked for; one without a number is the current one."""
        device = torch.device(self.type, asked) if isinstance(asked, int) else torch.device(asked)
        if device.type in ("cpu", "meta"):
            return torch.device(device.type)
        if device.type != self.type:
            raise PlacementError("device", (str(device),), f"there is no such device beside {self.type}")
        index = self.current if device.index is None else device.index
        if index >= self.count:
            raise PlacementError("device", (str(device),), f"there are {self.count} devices")
        return torch.device(self.type, index)


class Claimed(torch.Tensor):
    """CPU data, `held`, that claims a device of a machine."""

    held: torch.Tensor
    machine: Machine

    @staticmethod
    def __new__(cls, held: torch.Tensor, device: torch.device, machine: Machine) -> Claimed:
        with torch.inference_mode(False):  # or views of tensors made before that mode could not be made
            claimed = torch.Tensor._make_wrapper_subclass(
                cls,
                held.shape,
                strides=held.stride(),
                storage_offset=held.storage_offset(),
                dtype=held.dtype,
                device=device,
            )
        claimed.held, claimed.machine = held, machine
        return claimed

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        machine = next(each.machine for each in tensors((args, kwargs)) if isinstance(each, Claimed))
        return operate(machine, func, args, kwargs or {})

    # torch swaps, rather than overwrites, the data of parameters that have these two.
    def __tensor_flatten__(self) -> tuple[list[str], Any]:
        return ["held"], (self.device, self.machine)

    @staticmethod
    def __tensor_unflatten__(inner: dict[str, torch.Tensor], context: Any, *_: Any) -> Claimed:
        return Claimed(inner["held"], *context)

    def __repr__(self) -> str:
        return f"{self.held}, claimed to be on {self.device}"

    def __format__(self, spec: str) -> str:
        return object.__format__(self, spec) if self.ndim else format(self.item(), spec)

    def numpy(self, *, force: bool = False) -> Any:
        if not force:
            raise PlacementError("Tensor.numpy", (str(self.device),), "NumPy reads CPU memory; use .cpu()")
        return self.cpu().numpy()

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.numpy()

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(_stacked(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_stacked(key), value)

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def new_tensor(self, data: Any, *, dtype: Any = None, device: Any = None, **options: Any) -> Any:
        dtype = dtype or self.dtype
        return torch.tensor(data, dtype=dtype, device=device or self.device, **options)

    def untyped_storage(self) -> Any:
        return self.held.untyped_storage()

    def data_ptr(self) -> int:
        return self.held.data_ptr()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        copied = self.detach().clone()
        if isinstance(self, torch.nn.Parameter):
            copied = torch.nn.Parameter(copied, self.requires_grad)
        memo[id(self)] = copied
        return copied


def _stacked(key: Any) -> Any:
    """A key with sequences of numbers that are tensors as one tensor each; torch reads them past dispatch."""
    if isinstance(key, tuple):
        return tuple(_stacked(list(each)) if isinstance(each, tuple) else _stacked(each) for each in key)
    is_claimed = isinstance(key, list) and key and all(isinstance(each, Claimed) for each in key)
    return torch.stack(key) if is_claimed else key


def operate(machine: Machine, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """One operation of torch: refused as the device would, or computed on the CPU data."""
    given = list(tensors((args, kwargs)))
    claimed = [each for each in given if isinstance(each, Claimed)]
    asked = _asked_device(func, args, kwargs)
    where = None if asked is None else machine.device(asked)
    if not claimed and (where is None or where.type != machine.type):
        return func(*args, **kwargs)
    is_mixed = len({each.device for each in given}) > 1
    if _is_made_of_others(func) and func is not ATTENTION and (where is not None or is_mixed):
        with Operations(machine):
            return func.decompose(*args, **kwargs)
    _check(machine, func, args, kwargs)
    held = {**replaced(kwargs, _held), **_on_cpu(kwargs, where)}
    results = _computed(func, replaced(args, _held), held)
    _follow(func, args, kwargs)
    return _claimed(machine, func, given, results, where or claimed[0].device)


def _asked_device(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.device | None:
    given = dict(zip((each.name for each in func._schema.arguments), args, strict=False)) | kwargs
    return given.get("device")


def _is_made_of_others(func: Any) -> bool:
    return torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd")


def _check(machine: Machine, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    why = refusal(func, args, kwargs)
    if why is None and not has_kernel(func, machine.type.upper()):
        why = f"torch has no {machine.type} kernel for it"
    if why:
        raise PlacementError(str(func), _devices(tensors((args, kwargs))), why)


def _devices(given: Iterable[torch.Tensor]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(each.device) for each in given))


def _held(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.held if isinstance(tensor, Claimed) else tensor


def _on_cpu(kwargs: dict[str, Any], where: torch.device | None) -> dict[str, Any]:
    """The options that say where a result is to be, as they are for CPU data."""
    meta = where is not None and where.type == "meta"
    options = {"device": torch.device("meta" if meta else "cpu"), "pin_memory": False}
    return {name: options[name] for name in options if kwargs.get(name) is not None}


def _computed(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What the CPU computes; for a type of numbers that it has no kernel for, and GPUs do, in float64."""
    if func in _PRODUCTS:
        *matrices, dtype = args
        return _PRODUCTS[func](*(each.to(dtype) for each in matrices))
    try:
        return func(*args, **kwargs)
    except RuntimeError as error:
        if "not implemented for" not in str(error):
            raise
    dtype = next(tensors(args)).dtype
    wide = replaced(args, lambda each: each.double() if each.dtype == dtype else each)
    return replaced(func(*wide, **kwargs), lambda each: each.to(dtype))


def _follow(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Give a tensor whose shape changed in place, such as by `unsqueeze_`, that shape outside too."""
    if torch.Tag.inplace_view in func.tags and isinstance(args[0], Claimed):
        included = torch._C._meta_in_tls_dispatch_include()
        torch._C._set_meta_in_tls_dispatch_include(True)
        try:
            with no_dispatch():
                func(*args, **kwargs)
        finally:
            torch._C._set_meta_in_tls_dispatch_include(included)


def _claimed(
    machine: Machine, func: Any, given: list[torch.Tensor], results: Any, device: torch.device
) -> Any:
    """Results as tensors of the device; what an operation gives back of its arguments stays what it was."""
    known = {id(_held(each)): each for each in given}

    def claim(tensor: torch.Tensor) -> torch.Tensor:
        if id(tensor) in known or device.type != machine.type:
            return known.get(id(tensor), tensor)
        if machine.type == "mps" and tensor.dtype in _FLOAT64:
            raise PlacementError(str(func), (str(device),), f"MPS has no {tensor.dtype}")
        # A conjugate is a view with a mark, which torch does not look at below this level.
        return Claimed(tensor.resolve_conj().resolve_neg(), device, machine)

    return replaced(results, claim)


class Operations(TorchDispatchMode):
    """Judges operations that have no claimed argument: those that make tensors, or move them."""

    def __init__(self, machine: Machine):
        super().__init__()
        self.machine = machine

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # nothing is compiled here, and skipping it would import it

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return operate(self.machine, func, args, kwargs or {})


def _asked_at() -> str:
    """The line of a model or a handler that asked for an operation: the innermost outside torch."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    path, line = frame.f_code.co_filename, frame.f_lineno
    shown = path.rpartition("/site-packages/")[2].removeprefix(f"{Path.cwd()}/")
    return f"{shown}:{line}: {linecache.getline(path, line).strip()}"
