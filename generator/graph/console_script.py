"""`skillsets`: the commands of `generator.commands`, and any other words as `doit` takes them.

"Nothing to do" is said before doit is imported, the most of a no-op.
"""

from __future__ import annotations

import os
import sys

from generator.graph import unchanged

COMPLETION = "_SKILLSETS_COMPLETE"
"""What a shell sets when it asks for completions: https://click.palletsprojects.com/shell-completion."""


def main() -> int:
    """The exit code of the run, or 0 when there is nothing to do."""
    words = sys.argv[1:]
    if COMPLETION not in os.environ and unchanged.is_clean(os.getcwd(), words):  # noqa: PTH109
        print(unchanged.NOTHING_TO_DO)
        return 0
    from generator import commands

    if COMPLETION in os.environ or (words and words[0] in (*commands.names(), "--help")):
        return commands.main(words)
    from doit.doit_cmd import DoitMain

    return DoitMain().run(words)
