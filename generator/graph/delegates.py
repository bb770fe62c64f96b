"""Lets doit run the commands of `generator.commands` under their own names: `doit check --json`.

`[tool.doit.plugins.command]` in pyproject.toml names each as an attribute of this module.
"""

from __future__ import annotations

from doit.cmd_base import Command

from generator import commands


class _Delegate(Command):
    def parse_execute(self, in_args: list[str]) -> int:
        return commands.main([self.get_name(), *in_args], program="doit")

    def help(self) -> str:
        return f"see: doit {self.get_name()} --help"


def __getattr__(name: str) -> type[Command]:
    """The class of a command, which doit asks for by the command's name."""
    if name not in commands.names():
        raise AttributeError(name)
    return type(name, (_Delegate,), {"name": name, "doc_purpose": f"see: doit {name} --help"})
