"""Changes to traced graphs, where an engine would compute something else than torch."""

from __future__ import annotations

from typing import Any

_TAKEN_FOR_NOTHING = 1e-8


def for_openvino(traced: Any) -> None:
    """Have a traced program be one that OpenVINO computes as torch does."""
    _divide_exactly(traced.graph)
    _repeat_by_expanding(traced.graph)
    traced.graph_module.recompile()


def for_onnx(traced: Any) -> None:
    """Have a traced program be one that onnxscript converts to what torch computes."""
    _keep_small_terms(traced.graph)
    traced.graph_module.recompile()


def _divide_exactly(graph: Any) -> None:
    """Have floored divisions of integers divide what leaves no remainder.

    OpenVINO 2026.4 computes integers as floats after a sum and rounds the quotient: of 80 ones
    `(x.sum() - 1) // 2` is 40. Elsewhere it truncates: `-1 // 2` is 0.
    """
    import torch

    aten = torch.ops.aten
    for node in list(graph.nodes):
        if _is_floored(aten, node) and not node.meta["val"].is_floating_point():
            dividend, divisor = node.args[:2]
            remainder = aten.remainder.Tensor if isinstance(divisor, torch.fx.Node) else aten.remainder.Scalar
            with graph.inserting_before(node):
                left = graph.call_function(remainder, (dividend, divisor))
                divided = graph.call_function(aten.sub.Tensor, (dividend, left))
            left.meta = divided.meta = dict(node.meta)
            node.args = (divided, *node.args[1:])


def _is_floored(aten: Any, node: Any) -> bool:
    if node.target in (aten.div.Tensor_mode, aten.div.Scalar_mode):
        return node.kwargs.get("rounding_mode") == "floor"
    return node.target in (aten.floor_divide.default, aten.floor_divide.Scalar)


def _repeat_by_expanding(graph: Any) -> None:
    """Have an axis that is repeated be expanded; OpenVINO's frontend would gather its places.

    Its CPU plugin (2026.4) takes two gathers for one: of an x of (2, 13), in opset13,
    `gather(unsqueeze(x, 1), [0, 0], axis=1)` has shape (2, 13), not (2, 2, 13). What is expanded is copied,
    as what is repeated is: the model may write to it.
    """
    import torch

    aten = torch.ops.aten
    for node in graph.find_nodes(op="call_function", target=aten.repeat_interleave.self_int):
        repeated, times, axis = (*node.args, None)[:3]
        if axis is not None:
            rank = node.meta["val"].ndim
            sizes = [-1] * (rank + 1)
            sizes[axis % rank + 1] = times
            contiguous = {"memory_format": torch.contiguous_format}
            with graph.inserting_before(node):
                apart = graph.call_function(aten.unsqueeze.default, (repeated, axis % rank + 1))
                expanded = graph.call_function(aten.expand.default, (apart, sizes))
                flat = graph.call_function(aten.flatten.using_ints, (expanded, axis % rank, axis % rank + 1))
                copied = graph.call_function(aten.clone.default, (flat,), contiguous)
            flat.meta = copied.meta = dict(node.meta)
            node.replace_all_uses_with(copied)
            graph.erase_node(node)


def _keep_small_terms(graph: Any) -> None:
    """Have small numbers that are added be tensors of one element.

    onnxscript 0.7 optimizes `x + 1e-8` to `x`, as it takes a scalar that is this near to nothing for nothing:
    a norm with such an epsilon (Helium's) divides by nothing where a row is empty.
    """
    import torch

    aten = torch.ops.aten
    for node in [each for each in graph.nodes if each.target in (aten.add.Tensor, aten.add_.Tensor)]:
        added, term = node.args
        if isinstance(term, float) and 0 < abs(term) <= _TAKEN_FOR_NOTHING and added.meta["val"].ndim:
            with graph.inserting_before(node):
                kept = graph.call_function(aten.full.default, ([1], term), {"dtype": node.meta["val"].dtype})
            node.args = (added, kept)
