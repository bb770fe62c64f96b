"""The build of a real checkout: the steps of the toolchain over the models of its specs."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from doit.exceptions import InvalidDodoFile

import generator
from generator.errors import Problem, ProblemsFound
from generator.graph.build import Build
from generator.graph.models import from_index
from generator.graph.prune import installed_types
from generator.graph.steps import STEPS, new_pool


def build_of(root: Path) -> Build:
    """The build of the checkout whose `dodo.py` asks for it.

    Raises `InvalidDodoFile` when the toolchain that runs is installed from another checkout: it would do this
    one's work with the other one's code.
    """
    code = Path(generator.__file__).resolve().parent.parent
    if code != root.resolve():
        raise InvalidDodoFile(
            f"this checkout is {root}, but the installed toolchain is that of {code}; "
            f"run: python -m pip install -e {root}"
        )
    return Build(root, STEPS, from_index, new_pool, installed_types)


def load_build(dodo: Path) -> Build:
    """The build that a checkout's `dodo.py` makes, for a command that doit does not run."""
    sys.path.insert(0, str(dodo.parent))  # as doit does
    try:
        return runpy.run_path(str(dodo))["BUILD"]
    except FileNotFoundError as error:
        raise ProblemsFound([Problem(str(dodo), None, "is not there")]) from error
    except InvalidDodoFile as error:
        raise ProblemsFound([Problem(str(dodo), None, str(error))]) from error
