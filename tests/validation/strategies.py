"""Answers as handlers give them, and the ways in which one can be made to differ."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

numbers = st.floats(width=32) | st.integers(-(2**63), 2**63 - 1) | st.booleans()
scalars = numbers | st.text(max_size=20) | st.none()
arrays = hnp.arrays(
    st.sampled_from([np.float16, np.float32, np.float64, np.int8, np.int64, np.uint8, np.bool_]),
    hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4),
)
grids = hnp.arrays(
    st.sampled_from([np.float32, np.int64, np.bool_]), hnp.array_shapes(max_dims=3, max_side=4)
).map(np.ndarray.tolist)


def nested(leaves: st.SearchStrategy) -> st.SearchStrategy:
    """Lists and mappings of leaves, and of one another."""
    keys = st.text(max_size=6)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=8,
    )


plain_answers = nested(scalars | grids)
answers = nested(scalars | grids | arrays)


def leaf_paths(value: Any, path: tuple = ()) -> list[tuple]:
    """The path of every leaf of a plain answer that is not a container."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return [found for key, item in items for found in leaf_paths(item, (*path, key))]
    return [path]


def with_leaf(value: Any, path: tuple, change: Any) -> Any:
    """A copy of a plain answer with `change` applied to the leaf at `path`."""
    if not path:
        return change(value)
    copy = value.copy()
    copy[path[0]] = with_leaf(value[path[0]], path[1:], change)
    return copy


def another(leaf: Any) -> Any:
    """A value that differs from a leaf beyond any tolerance; of the same type if it has one."""
    if isinstance(leaf, bool):
        return not leaf
    if isinstance(leaf, int):
        return leaf - 1 if leaf > 0 else leaf + 1
    if isinstance(leaf, float):
        return leaf + 1.0 if abs(leaf) < 1 else -leaf if np.isfinite(leaf) else 1.0
    return f"{leaf}!"
