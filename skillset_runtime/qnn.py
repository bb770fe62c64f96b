"""Qualcomm's HTP, through ONNX Runtime's QNN provider: graphs are compiled once, and opened compiled.

On x86 the provider's library compiles for a chip that it is told, and simulates it. The HTP computes in half
precision.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from skillset_runtime import sessions

COMPILED = "compiled.onnx"
_HTP = {"backend_type": "htp"}
# The Snapdragon X Elite (SC8380XP), whose HTP is of version 73. Without a chip the simulator has float32.
_SIMULATED_CHIP = {"soc_model": "60"}


def prepare(program: Any) -> None:
    """Put the weights of products second in a graph (an `onnx_ir.Model`), in place.

    QNN 2.51 takes the root mean square of a row, times a weight, for a norm, and fails to allocate it
    (`QNN_COMMON_ERROR_MEM_ALLOC`) if the weight is the first factor, as Llama-like models have it.
    """
    for node in program.graph:
        if node.op_type == "Mul":
            first, second = node.inputs
            if first.const_value is not None and second.const_value is None:
                node.replace_input_with(0, second)
                node.replace_input_with(1, first)


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
