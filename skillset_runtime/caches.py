"""Caches that exported programs and torch read alike.

Exporters trace a layer with a sliding window as one that keeps all tokens, of which the mask hides those out
of the window; torch drops these and counts how many there were. A cache that goes from one to the other would
be misread, so a model that runs as programs has layers that keep all, in torch, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from transformers.cache_utils import (
    Cache,
    DynamicLayer,
    DynamicSlidingWindowLayer,
    EncoderDecoderCache,
    LinearAttentionAndSlidingWindowAttentionLayer,
)


class UnclippedLayer(DynamicSlidingWindowLayer):
    """A layer with a sliding window that keeps all tokens; how many there are its keys tell."""

    update = DynamicLayer.update
    get_mask_sizes = DynamicLayer.get_mask_sizes
    get_seq_length = DynamicLayer.get_seq_length


class UnclippedHybridLayer(LinearAttentionAndSlidingWindowAttentionLayer):
    """The same, of a layer that has states of convolutions beside its tokens."""

    update = UnclippedLayer.update
    get_mask_sizes = UnclippedLayer.get_mask_sizes
    get_seq_length = UnclippedLayer.get_seq_length


_UNCLIPPED = {
    DynamicSlidingWindowLayer: UnclippedLayer,
    LinearAttentionAndSlidingWindowAttentionLayer: UnclippedHybridLayer,
}


def unclip(values: Iterable[Any]) -> None:
    """Have layers of caches among these values keep all tokens, but for those that have dropped some."""
    for cache in _caches(values):
        for layer in cache.layers:
            if type(layer) in _UNCLIPPED and not _is_clipped(layer):
                layer.__class__, layer.cumulative_length = _UNCLIPPED[type(layer)], 0


def _is_clipped(layer: DynamicSlidingWindowLayer) -> bool:
    return layer.is_initialized and layer.keys.numel() > 0 and layer.keys.shape[-2] < layer.cumulative_length


def _caches(values: Iterable[Any]) -> Iterator[Cache]:
    for value in values:
        if isinstance(value, EncoderDecoderCache):
            yield from (value.self_attention_cache, value.cross_attention_cache)
        elif isinstance(value, Cache):
            yield value
