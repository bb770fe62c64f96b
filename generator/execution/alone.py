"""A job, here and now, for debugging.

python -m generator.execution.alone package.module:callable '{"key": 1}'
"""

from __future__ import annotations

import json
import sys

from generator.execution.child import resolve


def main() -> None:
    """Call the function in this process, without limits, and print what it returns as JSON."""
    function, arguments = sys.argv[1:]
    print(json.dumps(resolve(function)(**json.loads(arguments)), ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
