"""What loaded models and processors are shared through: one load each, under a memory budget."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Any

from skillset_runtime.errors import SkillsetError

PATIENCE = 300.0
"""Seconds to wait for room before a request is refused."""


class PoolFull(SkillsetError):
    """There is no room for a resource, and none was made in time."""


@dataclass(frozen=True)
class Statistics:
    """What a pool did: requests met by what was there, and not; loads, evictions; bytes held and in use."""

    hits: int = 0
    misses: int = 0
    loads: int = 0
    evictions: int = 0
    bytes: int = 0
    bytes_in_use: int = 0


class Lease:
    """One user's hold on a resource, which is not evicted before every lease on it is released."""

    def __init__(self, resource: Any, give_back: Callable[[], None]):
        self.resource = resource
        self._give_back: Callable[[], None] | None = give_back
        self._lock = threading.Lock()

    def release(self) -> None:
        """Give the resource back; a second time does nothing."""
        with self._lock:
            give_back, self._give_back = self._give_back, None
        if give_back:
            give_back()


class _Entry:
    """A resource that is loaded or being loaded; `size` is what is expected of it until it is there."""

    def __init__(self, size: int):
        self.loading: Future[Any] = Future()
        self.loader = threading.get_ident()
        self.size = size
        self.users = 0
        self.dropped = False


class ResourcePool:
    """Resources by key. Safe to use from threads and, through `lease_async`, from an event loop.

    However many ask for a key at once, it is loaded once. A load that fails raises to all who wait for
    it, and the next to ask tries again. With a `budget` in bytes, the least recently used of what nobody
    uses is evicted to make room, and a load for which there still is none waits until something is
    released, at most `patience` seconds. Nothing is ever evicted while it is in use; so what turns out
    larger than was expected is over the budget until something is released.
    """

    def __init__(self, budget: int | None = None, patience: float = PATIENCE):
        self._budget = budget
        self._patience = patience
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._changed = threading.Condition()
        self._hits = self._misses = self._loads = self._evictions = 0

    def acquire(self, key: Hashable, load: Callable[[], Any], size: int = 0) -> Lease:
        """A lease on the resource of `key`, loaded by `load` if it is not there.

        `size` is how many bytes it is expected to take; once loaded it is measured. Raises `PoolFull` if
        there is no room for it, and whatever `load` raises.
        """
        entry, is_ours = self._enter(key, size)
        if is_ours:
            self._load(key, entry, load)
        try:
            resource = entry.loading.result()
        except BaseException:
            self._leave(key, entry)
            raise
        return Lease(resource, lambda: self._leave(key, entry))

    @contextmanager
    def lease(self, key: Hashable, load: Callable[[], Any], size: int = 0) -> Iterator[Any]:
        """The resource of `key`, held for the length of a `with` block."""
        lease = self.acquire(key, load, size)
        try:
            yield lease.resource
        finally:
            lease.release()

    @asynccontextmanager
    async def lease_async(self, key: Hashable, load: Callable[[], Any], size: int = 0) -> AsyncIterator[Any]:
        """As `lease`; loading and waiting happen in a thread, so that the event loop stays free."""
        acquiring = asyncio.get_running_loop().run_in_executor(None, self.acquire, key, load, size)
        try:
            lease = await asyncio.shield(acquiring)
        except asyncio.CancelledError:
            # The thread cannot be stopped; what it brings is given back when it comes.
            acquiring.add_done_callback(lambda done: done.exception() or done.result().release())
            raise
        try:
            yield lease.resource
        finally:
            lease.release()

    def drop(self, key: Hashable) -> bool:
        """Forget the resource of `key`, now or when its last user releases it; whether there was one."""
        with self._changed:
            entry = self._entries.get(key)
            if entry is None:
                return False
            entry.dropped = True
            self._sweep(key, entry)
            return True

    def clear(self) -> None:
        """Forget everything, as `drop` does."""
        for key in list(self._entries):
            self.drop(key)

    @property
    def statistics(self) -> Statistics:
        with self._changed:
            held = sum(entry.size for entry in self._entries.values())
            used = sum(entry.size for entry in self._entries.values() if entry.users)
            return Statistics(self._hits, self._misses, self._loads, self._evictions, held, used)

    def _enter(self, key: Hashable, size: int) -> tuple[_Entry, bool]:
        """The entry of a key, with one user more, and whether the caller is to load it."""
        deadline = time.monotonic() + self._patience
        with self._changed:
            while (found := self._usable(key)) is None and not self._make_room(size):
                self._wait(size, deadline)
            if found is not None:
                self._hits += 1
                found.users += 1
                self._entries.move_to_end(key)
                return found, False
            self._misses += 1
            entry = self._entries[key] = _Entry(size)
            entry.users = 1
            return entry, True

    def _usable(self, key: Hashable) -> _Entry | None:
        entry = self._entries.get(key)
        if entry and not entry.loading.done() and entry.loader == threading.get_ident():
            raise SkillsetError(f"loading {key!r} asks for itself")
        return entry

    def _wait(self, size: int, deadline: float) -> None:
        """Wait until something changes; raises `PoolFull` if nothing that could would help in time."""
        left = deadline - time.monotonic()
        if self._budget is not None and size > self._budget:
            raise PoolFull(f"{size:,} bytes are needed and the pool's budget is {self._budget:,}; raise it")
        if left <= 0 or not self._changed.wait(left):
            raise PoolFull(
                f"{size:,} bytes are needed, and of the pool's budget of {self._budget:,} "
                f"{self._held():,} are in use; release what is not needed, or raise the budget"
            )

    def _load(self, key: Hashable, entry: _Entry, load: Callable[[], Any]) -> None:
        try:
            resource = load()
            size = measure(resource)
        except BaseException as error:
            with self._changed:
                entry.dropped, entry.size = True, 0
                entry.loading.set_exception(error)
                self._forget(key, entry)
            return
        with self._changed:
            self._loads += 1
            entry.size = size
            entry.loading.set_result(resource)
            self._make_room(0)
            self._changed.notify_all()

    def _leave(self, key: Hashable, entry: _Entry) -> None:
        with self._changed:
            entry.users -= 1
            self._sweep(key, entry)
            self._make_room(0)
            self._changed.notify_all()

    def _sweep(self, key: Hashable, entry: _Entry) -> None:
        """Forget an entry that was dropped, once nobody uses it."""
        if entry.dropped and not entry.users:
            self._forget(key, entry)

    def _forget(self, key: Hashable, entry: _Entry) -> None:
        if self._entries.get(key) is entry:
            del self._entries[key]
        self._changed.notify_all()

    def _make_room(self, size: int) -> bool:
        """Evict what is idle, the least recently used first, until so many bytes more would fit."""
        if self._budget is None:
            return True
        idle = (key for key, entry in list(self._entries.items()) if not entry.users)
        while self._held() + size > self._budget and (key := next(idle, None)) is not None:
            del self._entries[key]
            self._evictions += 1
        return self._held() + size <= self._budget

    def _held(self) -> int:
        return sum(entry.size for entry in self._entries.values())


def measure(resource: Any) -> int:
    """The bytes that a resource takes: its own `nbytes`, or a torch module's parameters and buffers.

    Weights that a module shares under two names count once; of quantized weights, what they are packed
    into. What cannot be measured, such as a tokenizer, counts as nothing.
    """
    if isinstance(size := getattr(resource, "nbytes", None), int):
        return size
    if not (hasattr(resource, "parameters") and hasattr(resource, "buffers")):
        return 0
    tensors = chain(resource.parameters(), resource.buffers())
    storages = (plain.untyped_storage() for tensor in tensors for plain in _plain(tensor))
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def _plain(tensor: Any) -> Iterator[Any]:
    """The tensors that hold a tensor's data: itself, or, of a subclass that wraps others, those."""
    if not hasattr(tensor, "__tensor_flatten__"):
        yield tensor
        return
    for name in tensor.__tensor_flatten__()[0]:
        yield from _plain(getattr(tensor, name))
