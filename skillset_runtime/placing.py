"""Where a model runs: on which target, on which of its devices, in which precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from skillset_runtime import casting, devices, loading, precisions, sessions
from skillset_runtime.errors import SkillsetError, did_you_mean
from skillset_runtime.resources import Resources
from skillset_runtime.targets import TARGETS, Hardware

AUTO = "auto"
_FLOATS = {"float32": 4, "bfloat16": 2, "float16": 2}
"""The precisions in which torch itself loads weights, with the bytes of each."""


@dataclass(frozen=True)
class Placement:
    """Where and how precisely a model runs; devices as the engine calls them, several with commas between."""

    target: str
    device: str
    precision: str

    @property
    def hardware(self) -> Hardware:
        return TARGETS[self.target]

    @property
    def devices(self) -> list[str]:
        return self.device.split(",")

    @property
    def in_torch(self) -> bool:
        """Whether torch computes there, and not an exported program."""
        return self.hardware.engine == "torch"

    @property
    def is_simulated(self) -> bool:
        """Whether what computes there stands for hardware that is absent."""
        return sessions.is_simulated(self.device)

    @property
    def width(self) -> int:
        """Bytes that each weight takes while the model is loaded."""
        return _FLOATS.get(self.precision, _FLOATS["float32"])

    def inputs_on(self, torch: Any) -> Any:
        """The torch device that a handler puts its inputs on."""
        return torch.device(self.devices[0] if self.in_torch else "cpu")

    def __str__(self) -> str:
        """What answers call it: `cpu`, `cuda:0`, `openvino:CPU`."""
        shown = self.device.removesuffix("ExecutionProvider")
        return shown if self.in_torch else f"{self.target}:{shown}"


def place(
    resources: Resources, target: Hardware, checkpoint: str, device: Any, label: Any, wanted: str | None
) -> Placement:
    """A placement that was tried out; raises `SkillsetError` if the target or the device is absent."""
    chosen = devices.choose(target, device, label)
    if wanted not in (AUTO, *target.precisions):
        wanted = target.precisions[0]
    if wanted == AUTO and target.engine == "torch":
        wanted = _fastest(resources["torch"], target, chosen, checkpoint)
    return Placement(target.name, chosen, _best_of_engine(target) if wanted == AUTO else wanted)


def check_precision(target: Hardware, wanted: str | None) -> None:
    """Refuse a precision that the target does not have, or that there is not."""
    known = list(dict.fromkeys(name for each in TARGETS.values() for name in each.precisions))
    if wanted is None or wanted in (AUTO, *target.precisions):
        return
    offered = ", ".join((*target.precisions, AUTO))
    if wanted in known:
        raise SkillsetError(f"{target.name} has no {wanted}; it has {offered}")
    hint = did_you_mean(wanted, [*known, AUTO])
    raise SkillsetError(f"there is no precision {wanted!r}; {target.name} has {offered}{hint}")


def load(
    resources: Resources, class_name: str, checkpoint: str, placement: Placement, unread: tuple[str, ...]
) -> Any:
    """The model of a checkpoint, where and how the placement says."""
    if placement.in_torch:
        model = _loaded_by_torch(resources, class_name, checkpoint, placement, unread)
    else:
        from skillset_runtime import exported

        hardware, source = placement.hardware, _source(resources, class_name, checkpoint, unread)
        given = (hardware.engine, placement.device, placement.precision, hardware.static)
        model = exported.load(resources, source, checkpoint, *given)
    model.placement = _kept(model, placement)
    return model


def adopt(resources: Resources, model: Any, placement: Placement) -> Placement:
    """Bring a model that the host has loaded to a placement; returns where it is, in its own precision."""
    own = getattr(model, "placement", None)
    if own is not None and (own.target, own.device) == (placement.target, placement.device):
        return own
    if not placement.in_torch or (own is not None and not own.in_torch):
        raise SkillsetError(
            f"a model that is loaded cannot go to {placement.target}; give its checkpoint alone"
        )
    torch = resources["torch"]
    if not getattr(model, "hf_device_map", None):
        devices.move(torch, model, placement.devices[0])
    if own is None:
        casting.follow_weights(torch, model)
        own = replace(placement, precision=str(getattr(model, "dtype", torch.float32)).removeprefix("torch."))
    model.placement = _kept(model, replace(placement, precision=own.precision))
    return model.placement


def _kept(model: Any, placement: Placement) -> Placement:
    """The placement with the devices that the model is on: a small one is not split among all."""
    if len(placement.devices) == 1:
        return placement
    return replace(placement, device=",".join(sorted({str(weight.device) for weight in model.parameters()})))


def _source(
    resources: Resources, class_name: str, checkpoint: str, unread: tuple[str, ...]
) -> Callable[[], Any]:
    """What loads the model in float32 on the processor."""
    transformers, dtype = resources["transformers"], resources["torch"].float32
    return lambda: loading.load_model(transformers, class_name, checkpoint, dtype, unread)


def _loaded_by_torch(
    resources: Resources, class_name: str, checkpoint: str, placement: Placement, unread: tuple[str, ...]
) -> Any:
    torch = resources["torch"]
    if placement.precision not in _FLOATS:
        if len(placement.devices) > 1:
            raise SkillsetError(f"a model in {placement.precision} is on one device, not on {placement}")
        model = _source(resources, class_name, checkpoint, unread)()
        return precisions.apply(torch, model, placement.precision, placement.device)
    _check_room(torch, checkpoint, placement)
    dtype = getattr(torch, placement.precision)
    onto = devices.map_of(torch, placement.devices)
    model = loading.load_model(resources["transformers"], class_name, checkpoint, dtype, unread, onto)
    if "device_map" not in onto:
        devices.move(torch, model, placement.device)
    casting.follow_weights(torch, model)
    return model


def _best_of_engine(target: Hardware) -> str:
    """The floats that an engine says its device computes in, halves first; it claims none that are slower."""
    claimed = devices.found(target).precisions
    floats = (name for name in _FLOATS if name in target.precisions and name in claimed)
    return min(floats, key=_FLOATS.__getitem__, default=target.precisions[0])


def _fastest(torch: Any, target: Hardware, device: str, checkpoint: str) -> str:
    """The float that a device multiplies fastest, of those in which the weights fit its free memory."""
    able = devices.found(target).precisions
    floats = [name for name in target.precisions if name in _FLOATS and name in able]
    free = devices.free_memory(torch, device)
    fitting = [
        name for name in floats if free is None or loading.weight_bytes(checkpoint, _FLOATS[name]) <= free
    ]
    return precisions.fastest(torch, device.split(",")[0], tuple(fitting or floats[-1:]))


def _check_room(torch: Any, checkpoint: str, placement: Placement) -> None:
    """Refuse weights for which the device has no room, before any of them is loaded."""
    free = devices.free_memory(torch, placement.device)
    needed = 0 if free is None else loading.weight_bytes(checkpoint, _FLOATS[placement.precision])
    if needed > (free or 0):
        raise SkillsetError(
            f"the weights of {checkpoint!r} take {needed:,} bytes in {placement.precision}, "
            f"and {placement} has {free:,} free"
        )
