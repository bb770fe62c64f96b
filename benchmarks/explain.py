"""For which share of the lines of all skillsets and tests `explain` names a template, and what it costs.

    python benchmarks/explain.py [--types bert clip]

Blank lines between statements are the formatter's, and counted apart. Figures are CPU seconds, children
included.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter

from graph import CHECKOUT

from generator.naming import Layout
from generator.review.explain import Explainer, Explanation


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--types", nargs="*", help="all, unless given")
    names = parser.parse_args().types
    layout = Layout(CHECKOUT)
    types = names or sorted(file.stem for file in (layout.specs / "models").glob("*.yaml"))
    files = [path for name in types for path in (layout.skillset(name), layout.test(name)) if path.exists()]
    explainer, counts, before = Explainer(layout), Counter(), _cpu()
    for path in files:
        explanation = explainer.explain(path.relative_to(layout.root), path.read_text("utf-8"))
        counts.update(_kinds(explanation))
    seconds = _cpu() - before
    lines = counts.total() - counts["blank"]
    print(f"{len(files)} files, {counts.total()} lines, {counts['blank']} of them blank")
    for kind in ("one template line", "several template lines", "none"):
        print(f"{counts[kind]:8} {counts[kind] / lines:8.2%}  {kind}")
    print(f"{seconds:.1f} s, {seconds / len(files) * 1000:.0f} ms a file")


def _kinds(explanation: Explanation) -> list[str]:
    """What each line is explained by."""
    kinds = {0: "none", 1: "one template line"}
    return [
        kinds.get(len(line.sources), "several template lines")
        if line.text.strip() or line.sources
        else "blank"
        for line in explanation.lines
    ]


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main()
