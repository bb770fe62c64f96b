"""The placement check: a skillset runs as on a device that this machine does not have.

It computes on the CPU, on tensors that claim the device (`claims`), and every operation is held against
torch's own rules for tensors of several devices (`device_rules`). So a tensor that was left behind, or that
went to a device by its name, is found with the line that did it. What a device computes, how fast, and
whether it has room is not seen: *placement checked* is never *run*.

    pytest generated/tests/test_hf_bert.py --hardware cuda --placement
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from generator.validation.claims import Claimed, Machine, PlacementError
from generator.validation.lending import claiming
from skillset_runtime import devices

__all__ = ["MACHINES", "PlacementError", "checked", "stray"]

MACHINES = {
    "cuda": Machine("cuda", count=2),
    "rocm": Machine("cuda", count=2, hip="7.1"),
    "mps": Machine("mps"),
}
"""What each target's machine is said to be: two devices where a model may be split among several."""


@contextmanager
def checked(target: str) -> Iterator[Machine]:
    """In the block, code finds a target's devices, and `PlacementError` is raised where they would refuse.

    Everything is loaded and asked inside: what is made there means nothing outside. Threads that are started
    inside are checked too. Raises `KeyError` for a target that is none of torch's.
    """
    devices.found.cache_clear()  # it keeps which devices there are
    try:
        with claiming(replace(MACHINES[target])) as machine:
            yield machine
    finally:
        devices.found.cache_clear()


def stray(model: Any) -> tuple[str, ...]:
    """The parameters and buffers of a model that are on no claimed device."""
    named = [*model.named_parameters(), *model.named_buffers()]
    return tuple(name for name, tensor in named if not isinstance(tensor, Claimed))
