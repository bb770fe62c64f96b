"""A part of a torch model made a program, and tried against it before anybody gets an answer of it."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from skillset_runtime import calls, exporting
from skillset_runtime.calls import Form
from skillset_runtime.errors import SkillsetError, root_line
from skillset_runtime.exporting import Engine, Program
from skillset_runtime.verifying import check_equal, check_given_back

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Maker:
    """Makes programs of a model's parts for one device of an engine."""

    torch: Any
    engine: Engine
    device: str
    name: str
    """Of the model and the engine, for messages."""
    model: Callable[[], Any]
    """The torch model, with all its weights."""

    def make(self, path: str, given: Mapping[str, Any], dynamic: bool, folder: Path) -> Form:
        """Write a part's program, verified on the call in hand; the calls that it takes.

        Raises whatever the exporter and the runtime raise, and `SkillsetError` if its answer is not torch's.
        """
        with self.torch.inference_mode(False), self.torch.no_grad():
            expected = self._part(path)(**(passed := calls.copied(given)))
            check_given_back(given, passed, expected)
            accepted = exporting.export(self.engine, self._copy(path), calls.copied(given), dynamic, folder)
            if not accepted.takes(calls.form(given)):
                raise SkillsetError("the exported graph does not take the call that it was made from")
            program = self.opened(folder)
            self._check(expected, program(**calls.copied(given)), given)
            if drawn := calls.redrawn(self.torch, given):
                self._try(path, program, drawn)
            return self._tried(path, program, given, accepted) if dynamic else accepted

    def opened(self, folder: Path) -> Program:
        """A written program on the device; raises whatever a broken file makes the runtime raise."""
        return exporting.opened(self.engine, folder, self.device, self.torch.get_num_threads())

    def _part(self, path: str) -> Any:
        return self.model().get_submodule(path)

    def _copy(self, path: str) -> Any:
        """A part to be exported: exporters replace its forward, which other threads may call.

        It has torch's own forward, as what wraps that would call the part that was copied. The modules within
        are the same ones: let the part answer before, so that hooks that collect what they give are set, and
        a copy does not set them again.
        """
        part = copy.copy(self._part(path))
        vars(part).pop("forward", None)
        return part

    def _tried(self, path: str, program: Program, given: Mapping[str, Any], accepted: Form) -> Form:
        """What a program takes once it was tried with other sizes: an axis may only seem open.

        Of one element it is tried apart: torch asks nothing about it while it traces, and may branch there.
        """
        shorter, single = calls.shortened(given, accepted), calls.of_one(given, accepted)
        if shorter and not self._holds(path, program, shorter):
            return calls.form(given)
        if single and not self._holds(path, program, single):
            return calls.beyond_one(given, accepted)
        return accepted

    def _check(self, expected: Any, got: Any, given: Mapping[str, Any]) -> None:
        check_equal(expected, got, self.engine.precision.tolerance, given.get("attention_mask"))

    def _holds(self, path: str, program: Program, given: dict[str, Any]) -> bool:
        """Whether a program answers another call as torch does, if torch does."""
        try:
            self._try(path, program, given)
        except (OSError, MemoryError):
            raise
        except Exception as error:  # whatever the runtime raises, or the values are wrong
            _LOG.warning("a program of %s does not take other sizes: %s", self.name, root_line(error))
            return False
        return True

    def _try(self, path: str, program: Program, given: dict[str, Any]) -> None:
        """Raise if a program does not answer another call as torch does, if torch does."""
        try:
            expected = self._part(path)(**calls.copied(given))
        except (OSError, MemoryError):
            raise
        except Exception as error:  # the sizes do not go together: too few tokens for the pictures, say
            _LOG.debug("torch does not answer another call of %s: %s", self.name, root_line(error))
            return
        self._check(expected, program(**calls.copied(given)), given)
