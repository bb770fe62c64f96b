"""Renders: the template without its comments, and the spec."""

import re
import time

from quick_log import log
from quick_models import facts

from generator.errors import Problem, ProblemsFound
from generator.graph.closure import template_files
from generator.graph.facts import FileFacts
from generator.publish import publish


def publish_test(layout, model_type, report):
    log(layout, f"tests:{model_type}")
    _publish(layout, model_type, "tests", layout.test(model_type), "")


def publish_skillset(layout, model_type, report):
    log(layout, f"generate:{model_type}")
    required = layout.requirements(model_type).read_text()
    _publish(layout, model_type, "skillsets", layout.skillset(model_type), required)


def _publish(layout, model_type, folder, path, more):
    spec = layout.model_spec(model_type)
    known = {**facts(spec), **facts(layout.overlay(model_type))}
    text = spec.read_text()
    time.sleep(float(known.get("sleep", 0)))
    if known.get("fail") == folder:
        raise ProblemsFound([Problem(f"specs/models/{model_type}.yaml", 2, "told to fail")])
    if known.get("bug") == folder:
        raise KeyError("a bug")
    names = (f"{folder}/{known['family']}.py.j2",)
    fresh = FileFacts(layout.root, layout.cache / "unused.json")
    files = template_files(fresh, "templates", names)
    templates = "".join((layout.root / file).read_text() for file in files)
    templates = re.sub(r"(?s)\{[#%].*?[#%]\}\n?", "", templates)
    filling = f"# {model_type}\n" * 2000  # long enough to be cut in half by a kill
    publish({path: f"{templates}{text}{more}{filling}# end\n".encode()}, layout)
