"""The ways in which a skillset is made wrong, in one list: each a mistake that people make.

An operator looks at one node of a skillset and gives what could stand there by mistake. What it gives
should do something else than before: a mutant that no test can tell apart proves nothing of a test.
"""

from __future__ import annotations

from generator.vacuity.operators import answers, calls, conditions, facts, numbers
from generator.vacuity.operators.operator import Operator, Subject

__all__ = ["OPERATORS", "Operator", "Subject"]

PLACEMENT = ("--hardware", "cuda", "--placement")
"""A device makes a difference only where there are two: the test as the matrix runs it for a GPU."""

OPERATORS = (
    Operator("constant answer", "every request gets the first answer", answers.constant),
    Operator("one answer for all", "each item of a batch gets the first one's answer", answers.first_for_all),
    Operator("answers in wrong order", "the answers to a batch are turned round", answers.turned_round),
    Operator("answer left out", "the last answer of a batch is left out", answers.left_out),
    Operator("batch truncated", "only the first item of a batch is looked at", answers.truncated),
    Operator("outputs swapped", "two names or two results are exchanged", answers.swapped),
    Operator("keyword dropped", "a call lacks a keyword", calls.keyword_dropped),
    Operator(
        "input not passed on", "what the processor made is not all given to the model", calls.not_passed
    ),
    Operator("argument repeated", "a call gets its first argument in the place of another", calls.repeated),
    Operator("step left out", "what a call does to a value is not done", calls.left_out),
    Operator("device ignored", "a tensor stays where it was made", calls.device_ignored, PLACEMENT),
    Operator("wrong pooling", "another reduction, or another function of the same shape", numbers.pooled),
    Operator("wrong axis", "a reduction runs along another axis", numbers.axis),
    Operator("off by one", "a number is one more", numbers.off_by_one),
    Operator("wrong arithmetic", "another operation, or an operand less", numbers.arithmetic),
    Operator("mask dropped", "all is taken where some was chosen", numbers.unmasked),
    Operator("condition negated", "a condition holds when it should not", conditions.negated),
    Operator("wrong comparison", "a bound is moved, or a comparison turned", conditions.compared),
    Operator("error swallowed", "a check is not made, and what is wrong goes on", conditions.swallowed),
    Operator("wrong class", "another class of the model is loaded", facts.wrong_class),
    Operator("wrong constant", "what a host reads of the module is wrong", facts.wrong_constant),
    Operator("attribute dropped", "a handler lacks something that its class said", facts.dropped),
    Operator("handlers disordered", "a handler is missing, or another task is the default", facts.disordered),
)
