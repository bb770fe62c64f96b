"""From what a host calls a device to a torch device that was tried and works."""

from __future__ import annotations

from typing import Any

from skillset_runtime.errors import SkillsetError


def resolve(torch: Any, device: str) -> Any:
    """The `torch.device` of a name such as `cpu`; raises `SkillsetError` if it cannot be used."""
    try:
        found = torch.device(device)
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError, TypeError) as error:
        raise SkillsetError(f"device {device!r} cannot be used here: {_first_line(error)}") from error
    return found


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
