"""A project with the toolchain's graph and steps that take no time."""

from pathlib import Path

import quick_models

from generator import tasks
from generator.graph.build import Build

DOIT_CONFIG = {"default_tasks": ["validate"]}
BUILD = Build(Path(__file__).parent, quick_models.STEPS, quick_models.models, quick_models.pool)


def task_tests():
    """tests"""
    return tasks.step(BUILD, "tests")


def task_reference():
    """reference"""
    return tasks.step(BUILD, "reference")


def task_generate():
    """generate"""
    return tasks.step(BUILD, "generate")


def task_validate():
    """validate"""
    return tasks.step(BUILD, "validate")


def task_models():
    """models"""
    return tasks.models(BUILD)


def task_specs():
    """specs"""
    return tasks.specs(BUILD)
