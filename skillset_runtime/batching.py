"""A bounded queue in front of a handler: requests that arrive together are answered together."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from skillset_runtime.errors import SkillsetError
from skillset_runtime.handler import Answer, Handler


class Overloaded(SkillsetError):
    """The queue is full, and this request was not taken."""


class DeadlinePassed(SkillsetError):
    """The answer was not there in time."""


class Closed(SkillsetError):
    """The queue takes no requests any more."""


class Overflow(StrEnum):
    """What a full queue does with one request more."""

    REFUSE = "refuse"
    WAIT = "wait"


@dataclass(frozen=True)
class Limits:
    """How requests are combined, and how many may wait."""

    batch: int = 32
    """The most items answered at once; 1 where the handler says that a batch would change its answers."""
    delay: float = 0.005
    """Seconds for which the first request of a batch waits for others."""
    waiting: int = 1024
    """The most requests in the queue."""
    overflow: Overflow = Overflow.REFUSE


@dataclass(eq=False)
class _Request:
    items: list[Any]
    parameters: dict[str, Any]
    given: frozenset[str]
    """What it was asked with: a text about an image is not read in one batch with one about a recording."""
    deadline: float | None
    future: Future[Answer] = field(default_factory=Future)
    arrived: float = field(default_factory=time.monotonic)

    def is_late(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline

    def goes_with(self, other: _Request) -> bool:
        return self.given == other.given and self.parameters == other.parameters

    def due(self, delay: float) -> float:
        """Until when it may wait for others; not at all if its deadline would pass meanwhile."""
        last = self.arrived + delay
        return self.arrived if self.deadline is not None and self.deadline <= last else last


class Batcher:
    """Answers as its handler does, for any number of callers in threads and event loops.

    Requests with the same kinds of inputs and the same parameters are combined, in the order in which
    they came. Every request is answered once or refused with a reason, and what is wrong with one costs
    the others nothing: a batch that fails is answered request by request. Close it, or use it in a
    `with` block.
    """

    def __init__(self, handler: Handler, limits: Limits = Limits()):
        self._handler = handler
        self._limits = limits
        self._most = 1 if handler.batch_size == 1 else limits.batch
        self._waiting: deque[_Request] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._worker = threading.Thread(target=self._work, name=f"batches of {handler.task}", daemon=True)
        self._worker.start()

    def submit(self, request: Mapping[str, Any], timeout: float | None = None) -> Future[Answer]:
        """Queue a request, to be answered within `timeout` seconds.

        Raises `InputError` if it cannot be answered, `Overloaded` and `Closed` if it is not taken.
        Cancelling the future before the request is begun takes it out.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        items, parameters = self._handler.parse((), request)
        given = frozenset(name for name, value in request.items() if value is not None)
        queued = _Request(items, parameters, given, deadline)
        with self._changed:
            self._await_place(deadline)
            self._waiting.append(queued)
            self._changed.notify_all()
        return queued.future

    def __call__(self, *, timeout: float | None = None, **request: Any) -> Answer:
        """Answer a request; raises what `submit` does, and `DeadlinePassed` after `timeout` seconds."""
        future = self.submit(request, timeout)
        try:
            return future.result(timeout)
        except TimeoutError as error:
            future.cancel()
            raise DeadlinePassed(f"no answer within {timeout} s") from error

    async def call_async(self, *, timeout: float | None = None, **request: Any) -> Answer:
        """As a call, from an event loop; cancelling it takes the request out of the queue."""
        submitting = asyncio.get_running_loop().run_in_executor(None, self.submit, request, timeout)
        try:
            future = await asyncio.shield(submitting)
        except asyncio.CancelledError:
            submitting.add_done_callback(lambda done: done.exception() or done.result().cancel())
            raise
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), timeout)
        except TimeoutError as error:
            raise DeadlinePassed(f"no answer within {timeout} s") from error

    def close(self, drain: bool = True) -> None:
        """Take no more requests; answer those that wait, or refuse them without `drain`."""
        with self._changed:
            self._closed = True
            if not drain:
                for request in self._waiting:
                    _refuse(request, Closed("the queue was closed before this request was begun"))
                self._waiting.clear()
            self._changed.notify_all()
        if threading.current_thread() is not self._worker:
            self._worker.join()

    def __enter__(self) -> Batcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """How many requests wait."""
        return len(self._waiting)

    def _await_place(self, deadline: float | None) -> None:
        """Return once the queue has a place; raises if it is closed, or full and not to be waited for."""
        while True:
            if self._closed:
                raise Closed("the queue is closed")
            if len(self._waiting) < self._limits.waiting:
                return
            self._clear_out()
            if len(self._waiting) < self._limits.waiting:
                return
            if self._limits.overflow == Overflow.REFUSE:
                raise Overloaded(f"{len(self._waiting)} requests wait already; try again later")
            if not self._changed.wait(None if deadline is None else max(0.0, deadline - time.monotonic())):
                raise DeadlinePassed("the queue had no place in time")

    def _work(self) -> None:
        while self._answer_next():
            pass  # nothing of a batch is held here while the next one is waited for

    def _answer_next(self) -> bool:
        batch = self._next()
        self._answer(batch)
        return bool(batch)

    def _next(self) -> list[_Request]:
        """The next requests to answer together, once they are due; none after closing."""
        with self._changed:
            while True:
                self._clear_out()
                if not self._waiting and self._closed:
                    return []
                batch, is_full = self._together()
                wait = min((request.due(self._limits.delay) for request in batch), default=None)
                if batch and (is_full or self._closed or wait <= time.monotonic()):
                    self._take(batch)
                    return batch
                self._changed.wait(None if wait is None else wait - time.monotonic())

    def _together(self) -> tuple[list[_Request], bool]:
        """Those that can be answered with the oldest, and whether no more would fit."""
        batch: list[_Request] = []
        room = self._most
        for request in self._waiting:
            if batch and not request.goes_with(batch[0]):
                continue
            if batch and len(request.items) > room:
                return batch, True
            batch.append(request)
            room -= len(request.items)
        return batch, room <= 0

    def _take(self, batch: list[_Request]) -> None:
        taken = set(map(id, batch))
        self._waiting = deque(request for request in self._waiting if id(request) not in taken)
        self._changed.notify_all()

    def _clear_out(self) -> None:
        """Take out what was cancelled or is late."""
        for request in self._waiting:
            if request.is_late():
                _refuse(request, DeadlinePassed("the deadline passed before the request was begun"))
        if any(request.future.done() for request in self._waiting):
            self._waiting = deque(request for request in self._waiting if not request.future.done())
            self._changed.notify_all()

    def _answer(self, batch: list[_Request]) -> None:
        begun = [request for request in batch if request.future.set_running_or_notify_cancel()]
        if len(begun) > 1:
            try:
                self._answer_together(begun)
            except Exception:  # whose fault it is shows when each is answered by itself
                for request in begun:
                    self._answer_alone(request)
        elif begun:
            self._answer_alone(begun[0])

    def _answer_together(self, batch: list[_Request]) -> None:
        items = [item for request in batch for item in request.items]
        answers = self._handler.answers(items, batch[0].parameters, self._most)
        start = 0
        for request in batch:
            end = start + len(request.items)
            _settle(request, self._handler.finished({key: v[start:end] for key, v in answers.items()}))
            start = end

    def _answer_alone(self, request: _Request) -> None:
        try:
            answers = self._handler.answers(request.items, request.parameters, self._most)
        except Exception as error:
            request.future.set_exception(error)
        else:
            _settle(request, self._handler.finished(answers))


def _settle(request: _Request, answer: Answer) -> None:
    if request.is_late():
        request.future.set_exception(DeadlinePassed("the answer came after the deadline"))
    else:
        request.future.set_result(answer)


def _refuse(request: _Request, error: SkillsetError) -> None:
    """Refuse a request that has not begun; one that its caller cancelled meanwhile is refused already."""
    if request.future.set_running_or_notify_cancel():
        request.future.set_exception(error)
