"""The queue in front of a handler: combined, in order, each answered once, none paying for another."""

from __future__ import annotations

import asyncio
import gc
import random
import threading
import time
import weakref
from collections import Counter
from concurrent.futures import CancelledError, ThreadPoolExecutor

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from skillset_runtime import Handler, InputError
from skillset_runtime.batching import Batcher, Closed, DeadlinePassed, Limits, Overflow, Overloaded
from skillset_runtime.placing import Placement
from skillset_runtime.resources import Resources

UNLUCKY = -13


def read_numbers(number):
    numbers = number if isinstance(number, list) else [number]
    if any(not isinstance(each, int) for each in numbers):
        raise InputError("number must be a whole number")
    return numbers


class Scaler(Handler):
    """Multiplies with the one weight of its model; slow on request, and unable to bear one number."""

    task = "scale"
    read = staticmethod(read_numbers)
    batch_size = 4

    def __init__(self, seconds=0.0):
        super().__init__(
            Resources(), torch.nn.Linear(1, 1, bias=False), None, Placement("cpu", "cpu", "float32")
        )
        torch.nn.init.constant_(self.model.weight, 2.0)
        self.batches, self.seconds = [], seconds
        self.gate = threading.Event()
        self.gate.set()

    def answer(self, numbers: list[int], *, times: int = 1):
        self.gate.wait(10)
        self.batches.append(list(numbers))
        time.sleep(self.seconds)
        if UNLUCKY in numbers:
            raise InputError(f"{UNLUCKY} brings bad luck")
        scaled = self.model(torch.tensor(numbers, dtype=torch.float32).unsqueeze(-1)) * times
        return {"scaled": scaled.squeeze(-1).tolist()}


@pytest.fixture
def scaler():
    return Scaler()


def test_requests_that_arrive_together_are_answered_together(scaler):
    with Batcher(scaler, Limits(batch=8, delay=0.2)) as batcher:
        futures = [batcher.submit({"number": number}) for number in range(16)]
        answers = [future.result(5)["scaled"] for future in futures]
    assert answers == [[2.0 * number] for number in range(16)]
    assert scaler.batches == [list(range(8)), list(range(8, 16))]


def test_an_answer_is_that_of_the_handler_alone(scaler):
    with Batcher(scaler) as batcher:
        assert batcher(number=[3, 4], times=5) == scaler(number=[3, 4], times=5)


def test_a_lone_request_is_answered_after_the_delay(scaler):
    with Batcher(scaler, Limits(batch=8, delay=0.1)) as batcher:
        start = time.monotonic()
        assert batcher(number=1)["scaled"] == [2.0]
        assert 0.1 <= time.monotonic() - start < 0.5


def test_a_full_batch_does_not_wait(scaler):
    with Batcher(scaler, Limits(batch=2, delay=30)) as batcher:
        futures = [batcher.submit({"number": number}) for number in range(4)]
        assert [future.result(5)["scaled"] for future in futures] == [[0.0], [2.0], [4.0], [6.0]]


def test_only_requests_with_the_same_parameters_are_combined(scaler):
    with Batcher(scaler, Limits(batch=8, delay=0.1)) as batcher:
        futures = [batcher.submit({"number": n, "times": 1 + n % 2}) for n in range(6)]
        assert [future.result(5)["scaled"][0] for future in futures] == [0.0, 4.0, 4.0, 12.0, 8.0, 20.0]
    assert sorted(scaler.batches) == [[0, 2, 4], [1, 3, 5]]


def test_only_requests_with_the_same_kinds_of_inputs_are_combined():
    class Either(Scaler):
        @staticmethod
        def read(number=None, negative=None):
            return read_numbers(number) if negative is None else read_numbers(-negative)

    either = Either()
    with Batcher(either, Limits(batch=8, delay=0.1)) as batcher:
        requests = [{"number": 1}, {"negative": 2}, {"number": 3, "negative": None}, {"negative": 4}]
        futures = [batcher.submit(request) for request in requests]
        assert [future.result(5)["scaled"] for future in futures] == [[2.0], [-4.0], [6.0], [-8.0]]
    assert sorted(either.batches) == [[-2, -4], [1, 3]]


def test_a_handler_that_wants_single_items_gets_them(scaler):
    scaler.batch_size = 1
    with Batcher(scaler, Limits(batch=8, delay=0.05)) as batcher:
        futures = [batcher.submit({"number": [n, n + 10]}) for n in range(2)]
        assert [future.result(5)["scaled"] for future in futures] == [[0.0, 20.0], [2.0, 22.0]]
    assert scaler.batches == [[0], [10], [1], [11]]


def test_what_is_wrong_with_one_costs_the_others_nothing(scaler):
    with Batcher(scaler, Limits(batch=8, delay=0.1)) as batcher:
        with pytest.raises(InputError, match="whole number"):
            batcher.submit({"number": "x"})
        futures = [batcher.submit({"number": number}) for number in (12, UNLUCKY, 14)]
        with pytest.raises(InputError, match="bad luck"):
            futures[1].result(5)
        assert futures[0].result(5)["scaled"] == [24.0] and futures[2].result(5)["scaled"] == [28.0]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 20) | st.just(UNLUCKY), min_size=1, max_size=5), st.integers(1, 2)),
        max_size=12,
    )
)
def test_whatever_is_combined_each_gets_its_own(requests):
    alone = Scaler()
    with Batcher(Scaler(), Limits(batch=4, delay=0.01)) as batcher:
        futures = [batcher.submit({"number": numbers, "times": times}) for numbers, times in requests]
        for (numbers, times), future in zip(requests, futures, strict=True):
            if UNLUCKY in numbers:
                assert isinstance(future.exception(5), InputError)
            else:
                assert future.result(5) == alone(number=numbers, times=times)


def test_a_full_queue_refuses(scaler):
    scaler.gate.clear()
    with Batcher(scaler, Limits(batch=1, delay=0, waiting=2)) as batcher:
        begun = batcher.submit({"number": 1})
        _until(lambda: len(batcher) == 0)
        queued = [batcher.submit({"number": number}) for number in (2, 3)]
        with pytest.raises(Overloaded, match="2 requests wait already"):
            batcher.submit({"number": 4})
        queued[0].cancel()
        last = batcher.submit({"number": 5})
        scaler.gate.set()
        assert [future.result(5)["scaled"] for future in (begun, queued[1], last)] == [[2.0], [6.0], [10.0]]


def test_a_full_queue_can_be_waited_for(scaler):
    scaler.gate.clear()
    with (
        Batcher(scaler, Limits(batch=1, delay=0, waiting=1, overflow=Overflow.WAIT)) as batcher,
        ThreadPoolExecutor(4) as threads,
    ):
        answers = [threads.submit(lambda n=n: batcher(number=n)["scaled"]) for n in range(4)]
        time.sleep(0.05)
        with pytest.raises(DeadlinePassed, match="no place in time"):
            batcher.submit({"number": 9}, timeout=0.05)
        scaler.gate.set()
        assert [answer.result(5) for answer in answers] == [[0.0], [2.0], [4.0], [6.0]]


def test_a_cancelled_request_is_not_answered(scaler):
    scaler.gate.clear()
    with Batcher(scaler, Limits(batch=1, delay=0)) as batcher:
        begun = batcher.submit({"number": 1})
        _until(lambda: len(batcher) == 0)
        assert not begun.cancel()
        waiting = batcher.submit({"number": 2})
        assert waiting.cancel()
        scaler.gate.set()
        assert begun.result(5)["scaled"] == [2.0]
    with pytest.raises(CancelledError):
        waiting.result(0)
    assert scaler.batches == [[1]]


def test_a_deadline_that_passes_in_the_queue_or_during_the_answer(scaler):
    scaler.gate.clear()
    with Batcher(scaler, Limits(batch=1, delay=0)) as batcher:
        begun = batcher.submit({"number": 1}, timeout=0.05)
        _until(lambda: len(batcher) == 0)
        waiting = batcher.submit({"number": 2}, timeout=0.05)
        with pytest.raises(DeadlinePassed, match="within 0.02 s"):
            batcher(number=3, timeout=0.02)
        time.sleep(0.1)
        scaler.gate.set()
        assert "after the deadline" in str(begun.exception(5))
        assert "before the request was begun" in str(waiting.exception(5))
    assert scaler.batches == [[1]]


def test_a_request_whose_deadline_is_near_does_not_wait_for_others(scaler):
    with Batcher(scaler, Limits(batch=8, delay=30)) as batcher:
        assert batcher(number=1, timeout=5)["scaled"] == [2.0]


def test_closing_answers_what_waits(scaler):
    batcher = Batcher(scaler, Limits(batch=8, delay=30))
    futures = [batcher.submit({"number": number}) for number in range(3)]
    batcher.close()
    assert [future.result(0)["scaled"] for future in futures] == [[0.0], [2.0], [4.0]]
    with pytest.raises(Closed):
        batcher(number=1)


def test_closing_without_draining_refuses_what_waits(scaler):
    batcher = Batcher(scaler, Limits(batch=8, delay=30))
    futures = [batcher.submit({"number": number}) for number in range(3)]
    batcher.close(drain=False)
    assert all(isinstance(future.exception(0), Closed) for future in futures)
    assert scaler.batches == []


def test_callers_in_an_event_loop(scaler):
    async def all_at_once(batcher):
        return await asyncio.gather(*(batcher.call_async(number=number) for number in range(40)))

    with Batcher(scaler, Limits(batch=16, delay=0.05)) as batcher:
        answers = asyncio.run(all_at_once(batcher))
    assert [answer["scaled"] for answer in answers] == [[2.0 * number] for number in range(40)]
    assert len(scaler.batches) < 20


def test_cancelling_in_an_event_loop_takes_the_request_out(scaler):
    async def cancelled(batcher):
        first = asyncio.create_task(batcher.call_async(number=1))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(batcher.call_async(number=2))
        await asyncio.sleep(0.05)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        with pytest.raises(DeadlinePassed):
            await batcher.call_async(number=3, timeout=0.05)
        scaler.gate.set()
        return await first

    scaler.gate.clear()
    with Batcher(scaler, Limits(batch=1, delay=0)) as batcher:
        assert asyncio.run(cancelled(batcher))["scaled"] == [2.0]
    assert scaler.batches == [[1]]


def test_nothing_is_held_of_what_was_answered_or_refused(scaler):
    with Batcher(scaler) as batcher:
        futures = [batcher.submit({"number": number}) for number in (1, UNLUCKY, 2)]
        done = [future.exception(5) for future in futures]
        assert [type(error) for error in done] == [type(None), InputError, type(None)]
        held = [weakref.ref(future) for future in futures]
        del futures, done
        assert _soon(lambda: gc.collect() >= 0 and not any(future() for future in held))


def _soon(condition):
    """Whether a condition comes true within two seconds."""
    end = time.monotonic() + 2
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_ten_thousand_requests_are_each_answered_once_or_refused():
    """64 callers; some cancel, some are wrong, some are in a hurry."""
    handler, outcomes = Scaler(), Counter()

    def ask(caller):
        dice, found = random.Random(caller), Counter()
        for number in range(10_000 // 64 + 1):
            found[_ask_once(batcher, dice, caller * 1000 + number)] += 1
        return found

    with Batcher(handler, Limits(batch=32, delay=0.001, waiting=40)) as batcher:
        with ThreadPoolExecutor(64) as callers:
            for found in callers.map(ask, range(64)):
                outcomes += found
        assert len(batcher) == 0
    assert sum(outcomes.values()) >= 10_000
    assert outcomes["wrong answer"] == 0
    assert all(outcomes[what] for what in ("answered", "cancelled", "InputError"))
    answered = Counter(number for batch in handler.batches for number in batch if number != UNLUCKY)
    assert not batcher._worker.is_alive()
    assert answered.total() >= outcomes["answered"]


def _ask_once(batcher, dice, number):
    """One request of a random kind; what became of it."""
    kind = dice.choice(["plain", "plain", "plain", "cancel", "late", "wrong", "unlucky"])
    request = {"wrong": "x", "unlucky": UNLUCKY}.get(kind, number)
    try:
        future = batcher.submit({"number": request}, timeout=0.0005 if kind == "late" else 30)
        if kind == "cancel" and future.cancel():
            return "cancelled"
        return "answered" if future.result(30)["scaled"] == [2.0 * number] else "wrong answer"
    except (InputError, Overloaded, DeadlinePassed) as error:
        return type(error).__name__


def _until(condition):
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)
