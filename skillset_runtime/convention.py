"""The methods by which a host calls a skillset: the same for every model, so each class gets them here.

    init_<host>(model, device, label) -> (endpoint, processor, handler, queue, batch size)
    create_<host>_<task>_endpoint_handler(…) -> handler

A target may have several host names (`init_mps` and `init_apple`), and some of them an order of arguments of
their own. Where a label or a device ends in a number (`cuda:1`), it says which of several devices is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from skillset_runtime.handler import Handler
from skillset_runtime.targets import TARGETS, Hardware

_NOT_IDENTIFIER = re.compile(r"\W", re.ASCII)

Method = Callable[..., Any]


def factory_name(host: str, task: str) -> str:
    """`create_cpu_fill_mask_endpoint_handler`."""
    return f"create_{host}_{_NOT_IDENTIFIER.sub('_', task)}_endpoint_handler"


def methods(handlers: tuple[type[Handler], ...]) -> Iterator[tuple[str, Method]]:
    """The convention's methods for a skillset with these handlers, by name."""
    for target in TARGETS.values():
        for host in target.hosts:
            opened = f"Load `model` on {target.title}: (endpoint, processor, handler, queue, batch size)."
            yield _named(f"init_{host}", _INITIALIZERS.get(host, _initializer)(target), opened)
            for handler in handlers:
                made = f"A {handler.task} handler on {target.title}, of a loaded endpoint or a checkpoint."
                factory = _FACTORIES.get(host, _factory)(target, handler)
                yield _named(factory_name(host, handler.task), factory, made)


def _named(name: str, method: Method, doc: str) -> tuple[str, Method]:
    method.__name__, method.__qualname__ = name, f"Skillset.{name}"
    method.__doc__ = f"{doc}\n\n{method.__doc__}" if method.__doc__ else doc
    return name, method


def _initializer(target: Hardware) -> Method:
    def init(self: Any, model: str, device: Any = None, label: str | None = None) -> Any:
        return self.open(target.name, model, device, label)

    return init


def _openvino_initializer(target: Hardware) -> Method:
    def init(
        self: Any,
        model: str,
        model_type: str | None = None,
        device: Any = None,
        openvino_label: str | None = None,
        get_optimum_openvino_model: Callable[..., Any] | None = None,
        get_openvino_model: Callable[..., Any] | None = None,
        get_openvino_pipeline_type: Callable[..., Any] | None = None,
        openvino_cli_convert: Callable[..., Any] | None = None,
    ) -> Any:
        """The skillset knows its type and exports its model itself; the host's callables are not needed."""
        return self.open(target.name, model, device, openvino_label)

    return init


def _factory(target: Hardware, handler: type[Handler]) -> Method:
    def create(
        self: Any,
        endpoint_model: str,
        device: Any = None,
        hardware_label: str | None = None,
        endpoint: Any = None,
        tokenizer: Any = None,
    ) -> Handler:
        return self.create(target.name, handler, endpoint_model, device, hardware_label, endpoint, tokenizer)

    return create


def _openvino_factory(target: Hardware, handler: type[Handler]) -> Method:
    def create(
        self: Any,
        endpoint_model: str,
        tokenizer: Any = None,
        openvino_label: str | None = None,
        endpoint: Any = None,
    ) -> Handler:
        return self.create(target.name, handler, endpoint_model, None, openvino_label, endpoint, tokenizer)

    return create


def _labelled_factory(target: Hardware, handler: type[Handler]) -> Method:
    def create(
        self: Any, endpoint_model: str, label: str | None = None, endpoint: Any = None, tokenizer: Any = None
    ) -> Handler:
        return self.create(target.name, handler, endpoint_model, None, label, endpoint, tokenizer)

    return create


_INITIALIZERS = {"openvino": _openvino_initializer}
_FACTORIES = {"openvino": _openvino_factory, "apple": _labelled_factory, "qualcomm": _labelled_factory}
