"""What people run beside the task graph: `skillsets check` and `doit check` are the same command.

A module of this folder is a command, by the module's name, and holds it as a click command named
`command`. It parses, calls what does the work, and prints; it returns its exit code. Importing this
package imports none of them.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from generator.errors import EXIT_BAD_INPUT, EXIT_BUG, EXIT_CLEAN, Problem, ProblemsFound, print_problems
from generator.naming import Layout

_HELP = (
    "See what generated code is made of and what changes it. Other words are doit's: a task, or a pattern."
)
_EPILOG = """\b
Examples:
  skillsets validate:bert                             as doit validate:bert
  skillsets check                                     is generated/ what its sources give?
  eval "$(_SKILLSETS_COMPLETE=bash_source skillsets)"  completion; zsh and fish have theirs
"""


def names() -> list[str]:
    """The commands there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


class _ByModule(click.Group):
    """Finds each command in the module of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in names():
            return None
        return importlib.import_module(f"{__name__}.{cmd_name}").command


def main(words: Sequence[str], program: str = "skillsets") -> int:
    """Run the command that the first word names, and return its exit code (`generator.errors`)."""
    try:
        code = _ByModule(help=_HELP, epilog=_EPILOG).main(
            list(words), prog_name=program, standalone_mode=False
        )
        return code if isinstance(code, int) else EXIT_CLEAN
    except ProblemsFound as found:
        print_problems(found.problems)
    except click.ClickException as error:
        error.show()
    except OSError as error:
        print_problems([Problem(str(error.filename or "the disk"), None, error.strerror or str(error))])
    except (KeyboardInterrupt, click.Abort):
        return 130
    except Exception as error:
        return _bug(error)
    return EXIT_BAD_INPUT


def checkout() -> Layout:
    """The checkout that a command was started in. Raises `ProblemsFound` where there is none."""
    if not Path("dodo.py").exists():
        hint = "run this in the folder of a checkout"
        raise ProblemsFound([Problem("dodo.py", None, "is not in this folder", hint)])
    return Layout(Path.cwd())


def _bug(error: Exception) -> int:
    """What no input should bring about: told in a line, with the rest in a file to send along."""
    with tempfile.NamedTemporaryFile("w", prefix="skillsets-", suffix=".log", delete=False) as log:
        log.write("".join(traceback.format_exception(error)))
    message = f"a bug of this toolchain: {type(error).__name__}: {error}; the traceback is in {log.name}"
    print(message, file=sys.stderr)
    return EXIT_BUG
