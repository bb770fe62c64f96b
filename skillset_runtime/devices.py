"""From what a host calls a device to one of those that were tried out and work."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from skillset_runtime import probes
from skillset_runtime.errors import SkillsetError, first_line
from skillset_runtime.targets import Hardware

AUTO = "auto"
_NUMBERED = re.compile(r"(?P<name>\w+):(?P<number>\d+)")


@cache
def found(target: Hardware) -> probes.Found:
    """What the target has here, each device tried out; raises `SkillsetError` if it cannot be used."""
    try:
        return probes.probe(target)
    except Exception as error:  # whatever a broken library raises
        raise SkillsetError(first_line(error)) from error


def choose(target: Hardware, device: Any = None, label: Any = None) -> str:
    """The engine's name of the device that a host means; several with commas between.

    `device` is a name of the target or of a device, with a number or without (`cuda`, `cuda:1`, `apple`,
    `CPU`), a list of those, or `auto` for all there are. Without a number, that of the label counts. Raises
    `SkillsetError` if there is no such device.
    """
    names = [each.id for each in found(target).devices]
    if isinstance(device, (list, tuple)):
        return ",".join(dict.fromkeys(_one(target, names, each, None) for each in device))
    if device == AUTO:
        return ",".join(names) if target.numbered and target.engine == "torch" else _default(target, names)
    return _one(target, names, device, label)


def _one(target: Hardware, names: Sequence[str], device: Any, label: Any) -> str:
    whole = str(device or target.name).lower()
    for name in names:
        if whole in (name.lower(), name.lower().removesuffix("executionprovider")):
            return name
    kind, number = _split(whole)
    if kind in {target.name, target.device.lower(), *target.hosts}:
        number = _split(str(label))[1] if number is None else number
        if number is None or not target.numbered:
            return _default(target, names)
        if number < len(names):
            return names[number]
    shown = ", ".join(names)
    raise SkillsetError(f"device {device or label!r} cannot be used here; {target.name} has {shown}")


def _split(text: str) -> tuple[str, int | None]:
    match = _NUMBERED.fullmatch(text)
    return (match["name"], int(match["number"])) if match else (text, None)


def _default(target: Hardware, names: Sequence[str]) -> str:
    return target.device if target.device in names else names[0]


def map_of(torch: Any, names: Sequence[str]) -> dict[str, Any]:
    """The arguments of `from_pretrained` that put weights straight onto torch devices, as far as it can.

    Raises `SkillsetError` for several devices without accelerate, which splits a model among them.
    """
    helped = importlib.util.find_spec("accelerate") is not None
    if len(names) == 1:
        return {"device_map": {"": names[0]}} if helped and names != ["cpu"] else {}
    if not helped:
        shown = ", ".join(names)
        raise SkillsetError(f"splitting a model among {shown} needs accelerate: pip install accelerate")
    room = {torch.device(name).index: torch.cuda.mem_get_info(name)[0] for name in names}
    return {"device_map": "auto", "max_memory": room}


def move(torch: Any, model: Any, device: str) -> None:
    """Put a model on a torch device; raises `SkillsetError` if it does not fit."""
    try:
        model.to(torch.device(device))
    except (RuntimeError, AssertionError) as error:  # memory that is not there, a build without the device
        raise SkillsetError(f"the model cannot be put on {device}: {first_line(error)}") from error


def free_memory(torch: Any, device: str) -> int | None:
    """Bytes that torch devices have free; None for the processor, whose memory others give back and take."""
    names = device.split(",")
    if names[0].startswith("cuda"):
        return sum(torch.cuda.mem_get_info(name)[0] for name in names)
    if names[0] == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return None
