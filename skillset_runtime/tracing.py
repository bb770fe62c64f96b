"""What torch traces of a model while an exporter exports it, and which calls that is good for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from skillset_runtime.calls import Form, Size
from skillset_runtime.errors import SkillsetError

_DRAWS = ("aten.rand", "aten.normal", "aten.bernoulli", "aten.multinomial")


@contextmanager
def rewritten(rewrite: Callable[[Any], None]) -> Iterator[list[Any]]:
    """What torch traces meanwhile, rewritten; exporters keep it to themselves.

    Raises `SkillsetError` out of an export of a model that draws random numbers in its forward.
    """
    import torch

    trace, traced = torch.export.export, []

    def export(*args: Any, **kwargs: Any) -> Any:
        traced.append(trace(*args, **kwargs))
        _refuse_draws(traced[-1])
        rewrite(traced[-1])
        return traced[-1]

    torch.export.export = export
    try:
        yield traced
    finally:
        torch.export.export = trace


def _refuse_draws(traced: Any) -> None:
    drawn = {name for node in traced.graph.nodes if (name := str(node.target)).startswith(_DRAWS)}
    if drawn:
        raise SkillsetError(
            f"it draws random numbers ({', '.join(sorted(drawn))}), which an engine draws otherwise"
        )


def accepted(traced: Any, sample: Mapping[str, Any], given: Form) -> Form:
    """The form of the calls that a traced program answers: some axes that were to be open are fixed silently.

    Its conditions are those under which torch traced it: sizes for which the model goes another way, as one
    that pads to a multiple of a window does, are another program's. The finished graph's inputs would not
    tell.
    """
    from transformers.exporters.utils import get_leaf_tensors

    values = {node.name: node.meta.get("val") for node in traced.graph.nodes if node.op == "placeholder"}
    inputs = [values.get(name) for name in traced.graph_signature.user_inputs]
    shapes = [each.shape for each in inputs if hasattr(each, "shape")]
    terms = {
        path: tuple(map(_term, shape)) for path, shape in zip(get_leaf_tensors(sample), shapes, strict=True)
    }
    known = {each for sizes in terms.values() for each in sizes if getattr(each, "is_Symbol", False)}
    sizes = {path: tuple(_written(each, known) for each in terms[path]) for path in terms}
    tensors = ((path, dtype, sizes.get(path, shape)) for path, dtype, shape in given.tensors)
    return Form(tuple(tensors), given.constants, _conditions(shapes, known))


def _term(size: Any) -> Any:
    """A size, or the term that torch has for it."""
    fixed = size if isinstance(size, int) else size.node.maybe_as_int()
    return size.node.expr if fixed is None else fixed


def _written(term: Any, known: Collection[Any]) -> Size:
    """A term of unknowns as text; None if some are not the size of any axis."""
    from torch.utils._sympy.printers import PythonPrinter

    if isinstance(term, int):
        return term
    return PythonPrinter().doprint(term) if term.free_symbols <= known else None


def _conditions(shapes: Iterable[Any], known: Collection[Any]) -> tuple[str, ...]:
    """What torch found true of sizes while it traced, and went by.

    That each is two or more it takes for granted. A program may take one, too: who makes it tries that.
    """
    symbolic = (size for shape in shapes for size in shape if not isinstance(size, int))
    env = next((size.node.shape_env for size in symbolic), None)
    found = (env.replace(guard.expr) for guard in env.guards) if env else ()
    written = (_written(each, known) for each in found if each.free_symbols)
    return tuple(dict.fromkeys(each for each in written if each))
