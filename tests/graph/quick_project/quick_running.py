"""Runs: children of the real pool that count the lines of what they are given."""

import json
import os
import signal
import time
from pathlib import Path

from quick_log import log
from quick_models import facts

from generator.execution.pool import Job, Outcome
from generator.graph.steps import StepFailed
from generator.publish import publish


def observe(layout, model_type, pool, report):
    log(layout, f"reference:{model_type}")
    seen = _in_child(layout, "reference", model_type, pool, layout.test(model_type))
    publish(
        {
            layout.expectations(model_type): f"expects: {seen}\n".encode(),
            layout.requirements(model_type): b"needs: all\n",
        },
        layout,
    )


def validate(layout, model_type, pool, report):
    log(layout, f"validate:{model_type}")
    _in_child(layout, "validate", model_type, pool, layout.skillset(model_type))
    failed = facts(layout.model_spec(model_type)).get("fail") == "validate"
    cases = {"passed": 3, "failed": int(failed), "skipped": 0, "not_run": 0}
    status = "failed" if failed else "passed"
    verdict = {"model_type": model_type, "status": status, "cases": cases, "compared": 7}
    publish({layout.verdict(model_type): json.dumps(verdict).encode()}, layout)


def _in_child(layout, step, model_type, pool, path):
    known = facts(layout.model_spec(model_type))
    arguments = {"path": str(path), "how": known.get("child", ""), "sleep": known.get("sleep", "0")}
    job = Job(model_type, "quick_running:work", arguments, 5, 1 << 30, f"doit {step}:{model_type}")
    result = pool.run(job)
    if result.outcome is not Outcome.FINISHED:
        raise StepFailed(result.message)
    return result.value


def work(path, how, sleep):
    if how == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    time.sleep(float(sleep))
    return len(Path(path).read_text().splitlines())
