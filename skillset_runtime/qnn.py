"""Qualcomm's HTP, through ONNX Runtime's QNN provider: graphs are compiled once, and opened compiled.

On x86 the provider's library compiles for a chip that it is told, and simulates it. The HTP computes in half
precision.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skillset_runtime import sessions
from skillset_runtime.resources import import_library

COMPILED = "compiled.onnx"
_INTEGERS = ("INT32", "INT64")
_HTP = {"backend_type": "htp"}
# The Snapdragon X Elite (SC8380XP), whose HTP is of version 73. Without a chip the simulator has float32.
_SIMULATED_CHIP = {"soc_model": "60"}


def prepare(program: Any) -> None:
    """Rewrite what QNN 2.51 does not take of a graph (an `onnx_ir.Model`), in place and to the same values.

    A row's root mean square, times a weight, is a norm to it, which it fails to allocate
    (`QNN_COMMON_ERROR_MEM_ALLOC`) if the weight is the first factor, as Llama-like models have it. And it
    negates no integers, but subtracts them.
    """
    for node in program.graph:
        if node.op_type == "Mul":
            _put_weights_second(node)
        elif node.op_type == "Neg" and str(node.inputs[0].dtype) in _INTEGERS:
            _subtract(program.graph, node)


def _put_weights_second(product: Any) -> None:
    first, second = product.inputs
    if first.const_value is not None and second.const_value is None:
        product.replace_input_with(0, second)
        product.replace_input_with(1, first)


def _subtract(graph: Any, negation: Any) -> None:
    ir = import_library("onnx_ir")
    (value,), (negated,) = negation.inputs, negation.outputs
    zero = ir.node("Constant", [], {"value": ir.tensor(0, value.dtype)})
    difference = ir.node("Sub", [zero.outputs[0], value])
    ir.convenience.replace_nodes_and_values(
        graph, negation, [negation], [zero, difference], [negated], difference.outputs
    )


def compile(graph: Path) -> None:
    """Replace a graph by what the HTP runs of it; raises `SkillsetError` if it does not take every node."""
    compiled = graph.with_name(COMPILED)
    _open(graph, {"ep.context_enable": "1", "ep.context_file_path": str(compiled)})
    for replaced in (graph, graph.with_name(f"{graph.name}.data")):
        replaced.unlink(missing_ok=True)


def open_compiled(folder: Path) -> Any:
    """The session of the graph that was compiled in a folder."""
    return _open(folder / COMPILED, {})


def options() -> dict[str, str]:
    """What the provider is to be told: to use the HTP, and which one where it is simulated."""
    return {**_HTP, **(_SIMULATED_CHIP if sessions.is_simulated(sessions.QNN) else {})}


def _open(graph: Path, entries: dict[str, str]) -> Any:
    return sessions.open_session(graph, sessions.QNN, options(), entries)
