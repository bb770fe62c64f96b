"""The task graph: each task is one of `generator.tasks`; whether it runs is decided in `generator.graph`."""

from pathlib import Path

from generator import tasks
from generator.graph.checkout import build_of

DOIT_CONFIG = {"default_tasks": ["validate"]}
BUILD = build_of(Path(__file__).parent)


def task_specs():
    """derive the specs again from the docs and the installed transformers"""
    return tasks.specs(BUILD)


def task_tests():
    """render the generated test of each model"""
    return tasks.step(BUILD, "tests")


def task_reference():
    """run each test on the reference: expectations and requirements"""
    return tasks.step(BUILD, "reference")


def task_generate():
    """generate the skillset of each model"""
    return tasks.step(BUILD, "generate")


def task_validate():
    """run each test on the skillset, judged against the expectations (the default)"""
    return tasks.step(BUILD, "validate")


def task_bundle():
    """one file of a skillset with what it uses of the runtime: doit bundle:bert"""
    return tasks.bundle(BUILD)


def task_models():
    """everything for one model: doit bert"""
    return tasks.models(BUILD)


def task_matrix():
    """run the tests on every target in every precision (hours); matrix:bert, matrix:onnx:int8, …"""
    return tasks.matrix(BUILD)


def task_vacuity():
    """see whether the generated tests notice mistakes made on purpose (hours); vacuity:bert"""
    return tasks.vacuity(BUILD)


def task_schemas():
    """write the JSON Schemas by which editors complete specs"""
    return tasks.schemas(BUILD)


def task_targets():
    """write the hardware targets of specs/hardware for the runtime"""
    return tasks.targets(BUILD)


def task_results():
    """count what the matrix holds: a table, and generated/docs/matrix.md"""
    return tasks.results(BUILD)


def task_report():
    """write the results of the last validations as a page: .cache/report.html"""
    return tasks.report(BUILD)
