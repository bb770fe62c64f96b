"""Runs a generated test in a child of the pool: on the reference, or on the skillset for a verdict."""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from generator.execution.jobs import Job, JobResult, Outcome
from generator.execution.pool import Pool
from generator.graph.steps import StepFailed
from generator.naming import Layout
from generator.publish import encode, publish
from generator.validation import demands, expectations, libraries
from generator.validation.expectations import Case, Expectations
from skillset_runtime.artifacts import FOLDER_VARIABLE

Report = Callable[[str], None]

SECONDS = 300.0
MEMORY_BYTES = 4 * 2**30
_SHOWN_FAILURES = 3
_WITHOUT = ("-p", "no:cacheprovider", "-p", "no:logging")
"""Plugins of pytest that write into the checkout, or take longer over a case than many a model."""


def observe(layout: Layout, model_type: str, pool: Pool, report: Report) -> None:
    """Run the test on the reference; what it observed becomes the expectations and the requirements.

    Raises `StepFailed`, and leaves both files as they are, unless every test passes or is skipped for
    the reason that the spec declares. Where a library is absent that the type needs, both stay too.
    """
    result = pool.run(job(layout, model_type, "--target", "reference"))
    trouble = trouble_of(result)
    if trouble:
        raise StepFailed(trouble)
    if result.value["missing"]:
        _keep(layout, model_type, libraries.reason(result.value["missing"]), report)
        return
    settled = expectations.settle(_committed(layout, model_type), _observed(model_type, result.value))
    files = {
        layout.expectations(model_type): encode(expectations.dump(settled)),
        layout.requirements(model_type): encode(demands.dump(demands.derive(settled))),
    }
    for path in publish(files, layout).written:
        report(f"wrote {path}")


def _keep(layout: Layout, model_type: str, reason: str, report: Report) -> None:
    """Leave what another environment observed as it is; without it there is nothing to go on from."""
    if not (layout.expectations(model_type).exists() and layout.requirements(model_type).exists()):
        raise StepFailed(f"nothing has been observed of {model_type} yet: it {reason}")
    report(f"not run, what was observed before is kept: it {reason}")


def validate(layout: Layout, model_type: str, pool: Pool, report: Report) -> None:
    """Run the test on the skillset and write the verdict, whatever it is."""
    result = pool.run(job(layout, model_type, "--target", "skillset"))
    path = layout.verdict(model_type)
    path.parent.mkdir(parents=True, exist_ok=True)
    publish({path: encode(json.dumps(_verdict(model_type, result), indent=2) + "\n")}, layout)


def run_test(root: str, model_type: str, options: list[str]) -> dict[str, Any]:
    """In the child: run one generated test under pytest with the plugin's options and return its record."""
    import pytest
    import torch

    from generator.validation import plugin

    torch.set_num_threads(1)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # finding plugins costs more than most tests
    layout = Layout(Path(root))
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record.json"
        os.environ[FOLDER_VARIABLE] = f"{folder}/exported"  # what another run left would hide what fails now
        ours = ["--rootdir", root, "-q", *_WITHOUT, "--basetemp", f"{folder}/tmp", "--record", str(record)]
        code = pytest.main([str(layout.test(model_type)), *ours, *options], plugins=[plugin])
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            raise RuntimeError(f"pytest could not run the test: {pytest.ExitCode(code).name}")
        return json.loads(record.read_text(encoding="utf-8"))


def job(layout: Layout, model_type: str, *options: str) -> Job:
    """What the pool is asked for to run one generated test with the plugin's options."""
    test = layout.test(model_type).relative_to(layout.root)
    return Job(
        name=f"{options[1]} of {model_type}",
        function="generator.validation.run:run_test",
        arguments={"root": str(layout.root), "model_type": model_type, "options": list(options)},
        seconds=SECONDS,
        memory_bytes=MEMORY_BYTES,
        command=shlex.join(["pytest", str(test), *options]),
    )


def _committed(layout: Layout, model_type: str) -> Expectations | None:
    path = layout.expectations(model_type)
    return expectations.load(path, layout.root) if path.exists() else None


def _observed(model_type: str, record: dict[str, Any]) -> Expectations:
    cases = {name: Case(**case) for name, case in record["observations"].items()}
    skipped = {
        name: Case(skipped=record["reasons"][name])
        for name, outcome in record["outcomes"].items()
        if outcome == "skipped"
    }
    return Expectations(model_type=model_type, cases={**cases, **skipped})


def trouble_of(result: JobResult) -> str | None:
    """Why a run does not count, or None."""
    if result.outcome is not Outcome.FINISHED:
        return f"{result.message}\n{result.output[-2000:]}".rstrip()
    failed = [name for name, outcome in result.value["outcomes"].items() if outcome == "failed"]
    if not failed:
        return None
    places, reasons = result.value["places"], result.value["reasons"]
    shown = "".join(
        f"\n  {places[name]}: {name}: {_last_line(reasons[name])}" for name in failed[:_SHOWN_FAILURES]
    )
    return f"{len(failed)} of {len(result.value['outcomes'])} tests failed{shown}"


def was_stopped(result: JobResult) -> bool:
    """Whether a run ended with the pool or its server, which says nothing of what was run."""
    crashed = result.outcome is Outcome.CRASHED
    return crashed and result.exit_code is None and result.signal_name is None


def _last_line(reason: str) -> str:
    lines = [line for line in reason.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def _verdict(model_type: str, result: JobResult) -> dict[str, Any]:
    nothing = {"outcomes": {}, "reasons": {}, "places": {}, "comparisons": {}, "costs": {}, "missing": ()}
    record = result.value or nothing
    trouble, missing = trouble_of(result), record["missing"]
    confidences = [comparison["confidence"] for comparison in record["comparisons"].values()]
    return {
        "model_type": model_type,
        "status": "failed" if trouble else "not_run" if missing else "passed",
        "message": libraries.reason(missing) if missing else trouble,
        "environment": libraries.environment(),
        "cases": dict(Counter(record["outcomes"].values())),
        "outcomes": record["outcomes"],
        "reasons": record["reasons"],
        "places": record["places"],
        "compared": len(confidences),
        "confidence": min(confidences, default=None),
        "seconds": round(result.wall_s, 3),
        "cpu_seconds": round(result.cpu_s, 3),
        "peak_rss_bytes": result.peak_rss_bytes,
        "costs": record["costs"],
    }
