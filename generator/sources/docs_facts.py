"""The facts of a spec that a docs page gives, and where the page and the installed source disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from generator.sources.docs import DocsPage
from generator.sources.merge import DOCS, Fact, name_of
from generator.sources.samples import Use
from generator.sources.source import Transformers
from generator.specs.schema import TaskBinding

_BADGES = {"SDPA": "sdpa", "FlashAttention": "flash_attention_2"}


def docs_facts(page: DocsPage) -> dict[str, Fact]:
    """Dotted path → fact: the page itself, title, dates, paper."""
    facts = {"docs_page": Fact(page.path, f"{DOCS}{page.path}")}
    if page.title:
        facts["title"] = Fact(page.title.text, page.where(page.title.line))
    if page.dates:
        facts["released"] = Fact(page.dates.released, page.where(page.dates.line))
        facts["added"] = Fact(page.dates.added, page.where(page.dates.line))
    if page.papers:
        facts["paper"] = Fact(page.papers[0].url, page.where(page.papers[0].line))
    return {path: fact for path, fact in facts.items() if fact.value is not None}


def checkpoints(
    page: DocsPage, tasks: Mapping[str, TaskBinding], heads: Mapping[str, str]
) -> tuple[Fact, ...]:
    """The checkpoints that the samples of a type load, in the order of the page.

    A page may be about several types: only calls that name a task or class of this one count.
    """
    classes = {*heads, *heads.values(), *(binding.model_class for binding in tasks.values())}
    return tuple(
        Fact(use.checkpoint, page.where(use.line))
        for use in page.uses
        if use.checkpoint and (use.task in tasks or use.class_name in classes)
    )


def task_checkpoint(page: DocsPage, task: str, binding: TaskBinding) -> Fact | None:
    """The checkpoint of the first usage sample that serves the task: by its name, or with its class.

    Usage samples are those under an `<hfoption>`, and pipelines; the others on a page show special cases.
    """
    shown = (use for sample in page.samples for use in sample.uses if sample.option is not None or use.task)
    found = (use for use in shown if use.checkpoint and _serves(use, task, binding))
    return next((Fact(use.checkpoint, page.where(use.line)) for use in found), None)


def _serves(use: Use, task: str, binding: TaskBinding) -> bool:
    return use.task == task or use.class_name in {binding.auto_class, binding.model_class} - {None}


def disagreements(page: DocsPage, transformers: Transformers, attention: Fact | None) -> Iterator[str]:
    """What the page says that the installed source does not have: classes and attention back ends."""
    for block in page.autodoc:
        if not transformers.has_class(block.class_name):
            name = block.class_name
            yield f"{page.path}:{block.line}: documents {name}, which transformers does not have"
    for badge in page.badges:
        backend = _BADGES.get(badge.name)
        if backend and attention and backend not in attention.value:
            what = f"has the badge {badge.name}, which {name_of(attention.origin)} does not support"
            yield f"{page.path}:{badge.line}: {what}"
