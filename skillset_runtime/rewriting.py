"""Changes to traced graphs, where an engine would compute something else than torch."""

from __future__ import annotations

from typing import Any


def divide_exactly(traced: Any) -> None:
    """Have floored divisions of integers divide what leaves no remainder.

    OpenVINO 2026.4 computes integers as floats after a sum and rounds the quotient: of 80 ones
    `(x.sum() - 1) // 2` is 40. Elsewhere it truncates: `-1 // 2` is 0.
    """
    import torch

    aten, graph = torch.ops.aten, traced.graph
    for node in list(graph.nodes):
        if _is_floored(aten, node) and not node.meta["val"].is_floating_point():
            dividend, divisor = node.args[:2]
            remainder = aten.remainder.Tensor if isinstance(divisor, torch.fx.Node) else aten.remainder.Scalar
            with graph.inserting_before(node):
                left = graph.call_function(remainder, (dividend, divisor))
                divided = graph.call_function(aten.sub.Tensor, (dividend, left))
            left.meta = divided.meta = dict(node.meta)
            node.args = (divided, *node.args[1:])
    traced.graph_module.recompile()


def _is_floored(aten: Any, node: Any) -> bool:
    if node.target in (aten.div.Tensor_mode, aten.div.Scalar_mode):
        return node.kwargs.get("rounding_mode") == "floor"
    return node.target in (aten.floor_divide.default, aten.floor_divide.Scalar)
