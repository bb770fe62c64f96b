"""The pool of loaded resources: one load each, nothing in use evicted, the budget kept, whoever asks."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from skillset_runtime.errors import SkillsetError
from skillset_runtime.pool import PoolFull, ResourcePool, measure


@dataclass(eq=False)
class Sized:
    """A resource that says how large it is."""

    nbytes: int = 1


@dataclass
class Loader:
    """Counts its loads, and how many of them ran at once for a key."""

    seconds: float = 0.0
    loads: int = 0
    running: dict = field(default_factory=dict)
    most_at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, key, nbytes=1):
        def load():
            with self._lock:
                self.loads += 1
                self.running[key] = self.running.get(key, 0) + 1
                self.most_at_once = max(self.most_at_once, self.running[key])
            time.sleep(self.seconds)
            with self._lock:
                self.running[key] -= 1
            return Sized(nbytes)

        return load


def test_whoever_asks_gets_the_one_that_was_loaded():
    pool, loader = ResourcePool(), Loader(seconds=0.05)
    with ThreadPoolExecutor(16) as threads:
        leases = list(threads.map(lambda _: pool.acquire("bert", loader.of("bert", 7)), range(16)))
    assert loader.loads == 1
    assert len({id(lease.resource) for lease in leases}) == 1
    found = pool.statistics
    assert (found.loads, found.misses, found.hits, found.bytes, found.bytes_in_use) == (1, 1, 15, 7, 7)
    for lease in leases:
        lease.release()
        lease.release()
    assert pool.statistics.bytes == 7 and pool.statistics.bytes_in_use == 0


def test_a_load_that_fails_fails_for_all_who_wait_and_spoils_nothing():
    pool, begun = ResourcePool(budget=10), threading.Event()

    def broken():
        begun.set()
        time.sleep(0.1)
        raise OSError("no such checkpoint")

    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(pool.acquire, "bert", broken, 10)
        begun.wait()
        rest = [threads.submit(pool.acquire, "bert", Loader().of("bert")) for _ in range(7)]
        for asked in (first, *rest):
            with pytest.raises(OSError, match="no such checkpoint"):
                asked.result()
    assert pool.statistics.bytes == 0 and pool.statistics.loads == 0
    with pool.lease("bert", lambda: Sized(3), 10) as resource:
        assert resource.nbytes == 3


def test_the_least_recently_used_of_what_is_idle_makes_room():
    pool = ResourcePool(budget=3)
    for key in "abc":
        pool.acquire(key, Sized, 1).release()
    pool.acquire("a", Sized, 1).release()
    pool.acquire("d", Sized, 1).release()
    loader = Loader()
    for key in "acd":
        pool.acquire(key, loader.of(key), 1).release()
    assert loader.loads == 0 and pool.statistics.evictions == 1
    pool.acquire("b", loader.of("b"), 1).release()
    assert loader.loads == 1


def test_what_is_in_use_is_not_evicted_and_a_load_waits_for_room():
    pool = ResourcePool(budget=1)
    held = pool.acquire("a", Sized, 1)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(pool.acquire, "b", Sized, 1)
        time.sleep(0.05)
        assert not asked.done()
        held.release()
        asked.result(5).release()
    assert pool.statistics.evictions == 1


def test_without_room_in_time_a_load_is_refused():
    pool = ResourcePool(budget=1, patience=0.05)
    with pool.lease("a", Sized, 1):
        with pytest.raises(PoolFull, match="1 are in use; release"):
            pool.acquire("b", Sized, 1)
        with pytest.raises(PoolFull, match="budget is 1; raise it"):
            pool.acquire("c", Sized, 2)
    with pool.lease("b", Sized, 1):
        pass


def test_what_turns_out_larger_is_kept_until_there_is_something_to_evict():
    pool = ResourcePool(budget=4)
    pool.acquire("small", lambda: Sized(2)).release()
    large = pool.acquire("large", lambda: Sized(5))
    assert pool.statistics.bytes == 5
    large.release()
    assert pool.statistics.bytes == 0


def test_what_is_dropped_goes_with_its_last_user():
    pool = ResourcePool()
    one, other = (pool.acquire("a", Sized) for _ in range(2))
    assert pool.drop("a") and not pool.drop("b")
    one.release()
    assert pool.statistics.bytes == 1
    other.release()
    assert pool.statistics.bytes == 0
    pool.acquire("a", Sized).release()
    pool.clear()
    assert pool.statistics.bytes == 0 and pool.statistics.loads == 2


def test_a_load_may_ask_for_another_key_but_not_for_its_own():
    pool = ResourcePool()
    with pool.lease("model", lambda: pool.acquire("tokenizer", Sized)):
        assert pool.statistics.loads == 2
    with pytest.raises(SkillsetError, match="asks for itself"):
        pool.acquire("loop", lambda: pool.acquire("loop", Sized))


def test_the_event_loop_stays_free_while_something_loads():
    pool, loader = ResourcePool(), Loader(seconds=0.2)

    async def use():
        async with pool.lease_async("a", loader.of("a")) as resource:
            return id(resource)

    async def ticks():
        for _ in range(10):
            await asyncio.sleep(0.01)
        return loader.running["a"]

    async def all_at_once():
        return await asyncio.gather(*(use() for _ in range(20)), ticks())

    *found, ticked = asyncio.run(all_at_once())
    assert len(set(found)) == 1 and loader.loads == 1 and ticked == 1
    assert pool.statistics.bytes_in_use == 0


def test_a_cancelled_user_leaves_nothing_in_use():
    pool, loader = ResourcePool(), Loader(seconds=0.2)

    async def cancelled():
        async def use():
            async with pool.lease_async("a", loader.of("a")):
                pytest.fail("was cancelled")

        task = asyncio.create_task(use())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.3)

    asyncio.run(cancelled())
    assert pool.statistics.bytes == 1 and pool.statistics.bytes_in_use == 0


def test_a_thousand_threads_under_a_budget():
    """50 models, room for 10: what is in use stays, one construction at a time per key, the budget kept."""
    pool, loader, over = ResourcePool(budget=10), Loader(seconds=0.001), []
    users, lock = defaultdict(list), threading.Lock()

    def use(number):
        key = random.Random(number).randrange(50)
        with pool.lease(key, loader.of(key), 1) as resource:
            with lock:
                users[key].append(resource)
                alone = all(other is resource for other in users[key])
            time.sleep(0.001)
            over.append(pool.statistics.bytes > 10 or not alone)
            with lock:
                users[key].remove(resource)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = pool.statistics
    assert len(over) == 1000 and not any(over)
    assert loader.most_at_once == 1 and loader.loads == found.loads == found.misses
    assert found.hits + found.misses == 1000 and found.bytes <= 10 and found.bytes_in_use == 0
    assert found.evictions == found.loads - found.bytes


class PoolMachine(RuleBasedStateMachine):
    """Any order of acquiring, releasing and dropping, against a model of what must be there."""

    def __init__(self):
        super().__init__()
        self.pool = ResourcePool(budget=6, patience=0.0)
        self.held = []

    @rule(key=st.integers(0, 4), size=st.integers(1, 4))
    def acquire(self, key, size):
        in_use = {other: lease.resource for other, lease in self.held}
        try:
            lease = self.pool.acquire(key, lambda: Sized(size), size)
        except PoolFull:
            assert key not in in_use
            assert sum(resource.nbytes for resource in in_use.values()) + size > 6
            return
        assert in_use.get(key, lease.resource) is lease.resource
        self.held.append((key, lease))

    @rule(data=st.data())
    def release(self, data):
        if self.held:
            self.held.pop(data.draw(st.integers(0, len(self.held) - 1)))[1].release()

    @rule(key=st.integers(0, 4))
    def drop(self, key):
        self.pool.drop(key)

    @invariant()
    def the_books_are_right(self):
        found = self.pool.statistics
        in_use = {key: lease.resource.nbytes for key, lease in self.held}
        assert found.bytes_in_use == sum(in_use.values()) <= found.bytes <= 6


PoolMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestPoolMachine = PoolMachine.TestCase


def test_a_model_is_as_large_as_its_weights_and_shared_weights_count_once():
    layer = torch.nn.Linear(10, 5)
    assert measure(layer) == (10 * 5 + 5) * 4
    tied = torch.nn.ModuleList([layer, layer, torch.nn.Linear(10, 5, bias=False)])
    tied[2].weight = layer.weight
    assert measure(tied) == measure(layer)
    assert measure(layer.half()) == (10 * 5 + 5) * 2
    assert measure(object()) == 0
