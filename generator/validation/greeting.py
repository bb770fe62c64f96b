"""What a host reads of a skillset before its first request, held against the spec.

No answer to a request of a test tells of these: what a module says it is, what a parameter is unless it is
given, whether the example by which a host tries an endpoint is answered, and refused where it is too long.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from generator import views
from generator.naming import Layout
from generator.specs import catalogue
from generator.specs.schema import ModelSpec
from skillset_runtime import Handler, InputError
from skillset_runtime.loading import positions

_NO_DEFAULT = "(must be given)"


def wrong_with(
    module: ModuleType, tasks: tuple[str, ...], handler: Handler, spec: ModelSpec, layout: Layout
) -> list[str]:
    """What a skillset, and its handler of a task, say otherwise than the spec does."""
    facts = views.task_context(spec, catalogue.load_task(layout, handler.task))
    said = {
        "MODEL_ID": (module.MODEL_ID, spec.checkpoint),
        "ARCHITECTURE": (module.ARCHITECTURE, spec.model_type),
        "TASK_TYPE": (module.TASK_TYPE, tasks[0]),
        "the processor's options": (dict(handler.processor_options), facts["processor_options"]),
        "whether it draws": (handler.draws, facts["seed"] is not None),
        "the parameters": (_parameters(handler), _declared(facts)),
        **_tokens(handler, facts),
        **({"how many items run at once": (handler.batch_size, 1)} if facts["one_by_one"] else {}),
    }
    return [f"{what}: {found!r}, not {due!r}" for what, (found, due) in said.items() if found != due]


def _parameters(handler: Handler) -> dict[str, Any]:
    """The keywords of `answer` and what they are unless given."""
    parameters = inspect.signature(type(handler).answer).parameters.values()
    own = [parameter for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
    return {each.name: _NO_DEFAULT if each.default is each.empty else each.default for each in own}


def _declared(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        each["name"]: _NO_DEFAULT if each["required"] else each["default"] for each in facts["own_parameters"]
    }


def _tokens(handler: Handler, facts: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The tokens that stand for an image or a sound in a prompt, where a handler writes prompts."""
    names = [name for name in ("image", "audio") if hasattr(handler, f"{name}_token")]
    return {
        f"{name}_token": (getattr(handler, f"{name}_token"), facts["placeholders"][name] or None)
        for name in names
    }


def unrefused(handler: Handler) -> list[str]:
    """Texts that are longer than the model reads, or leave no room to write, and are not refused.

    The references do not agree on these: some raise, some cut, some answer nonsense. Where a processor
    writes the prompt, its tokens for pictures count too, and nobody asks for a text of one token.
    """
    if handler.processor_class != "AutoTokenizer":
        return []
    example, found = handler.example(), []
    with _reading_one_token(handler.processor):
        found += [] if _is_refused(handler, example) else ["a text of more tokens than are read"]
    places = positions(handler.model)
    goes_on = "max_new_tokens" in _parameters(handler) and not handler.model.config.is_encoder_decoder
    if goes_on and places is not None:
        wished = {**example, "max_new_tokens": places}
        found += [] if _is_refused(handler, wished) else [f"{places} tokens to write after a text"]
    return found


@contextmanager
def _reading_one_token(tokenizer: Any) -> Iterator[None]:
    before, tokenizer.model_max_length = tokenizer.model_max_length, 1
    try:
        yield
    finally:
        tokenizer.model_max_length = before


def is_input_error(error: Exception) -> bool:
    """Whether an error is an `InputError`; told by the name, since a bundle has a class of its own."""
    return InputError.__name__ in {kind.__name__ for kind in type(error).__mro__}


def _is_refused(handler: Handler, request: dict[str, Any]) -> bool:
    """Whether a request is refused with a reason; what the model raises is none."""
    try:
        handler(**request)
    except Exception as error:
        return is_input_error(error)
    return False
