"""The endpoint handler: one task of one loaded model, called from sync and from async code."""

from __future__ import annotations

import asyncio
import inspect
import math
import threading
import types
import typing
import weakref
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from numbers import Integral, Real
from typing import Any, ClassVar

from skillset_runtime import loading, placing, samples
from skillset_runtime.errors import InputError, SkillsetError, did_you_mean, first_line
from skillset_runtime.inputs import Reader, Waveform
from skillset_runtime.placing import Placement
from skillset_runtime.pool import Lease
from skillset_runtime.resources import Resources

DETAILS = ("implementation_type", "device", "precision", "fallback_from", "reason", "in_torch")
"""What an answer says of how it came about, beside the task's result."""

_DRAWING = threading.Lock()
_LENGTHS = 16
"""What texts are padded to multiples of, where each length of inputs is a program of its own."""
_SEED = inspect.Parameter("seed", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=int | None)


class Answer(dict[str, Any]):
    """A handler's result: a dict, which code that awaits its handlers may also await."""

    def __await__(self) -> Generator[Any, None, Answer]:
        yield from ()
        return self


class Handler:
    """Answers requests for one task; a subclass says what it loads, what it reads and how it answers.

    `answer` gets the items that `read` made of a request, always as a list, and returns a dict of
    lists with an entry for each item. So a request with one input and a batch look alike, and
    requests can be combined and their answers split.
    """

    task: ClassVar[str]
    model_class: ClassVar[str]
    """The class, or the auto class, in transformers that loads the model."""
    processor_class: ClassVar[str | None] = None
    processor_options: ClassVar[Mapping[str, Any]] = {}
    read: ClassVar[Reader]
    """Turns a request's inputs into a list of items; see `skillset_runtime.inputs`."""
    batch_size: ClassVar[int] = 8
    """How many items run through the model at once; 1 where a batch would change the answers."""
    draws: ClassVar[bool] = False
    """Whether answers may be drawn at random, so that requests take a `seed`.

    Under a seed items run one by one, each drawn from it anew: an answer depends on its item and the seed,
    and not on what stands beside it in a batch.
    """
    unread: ClassVar[tuple[str, ...]] = ()
    """Modules of the model that no answer depends on, so that a checkpoint may lack their weights."""

    fallback_from: str | None = None
    """The target that was asked for, where this one stands in for it."""
    reason: str | None = None
    """Why it runs on this target, where `auto` chose it."""

    def __init__(self, resources: Resources, model: Any, processor: Any, placement: Placement):
        """`model` is where the placement says; the handler puts its inputs beside it."""
        self.torch = resources["torch"]
        self.model = model.eval()
        self.processor = processor
        self.placement = placement
        self.device = placement.inputs_on(self.torch)
        if placement.hardware.static:
            self.batch_size = 1  # each size of a batch would be exported by itself
        self._held: list[Callable[[], Any]] = []
        loading.prepare(model, processor, self.processor_options)

    @classmethod
    def load(cls, resources: Resources, checkpoint: str, placement: Placement) -> Handler:
        """Load the checkpoint's model and processor to a placement, or share what the pool has of them.

        They stay loaded at least until the handler is closed, or nobody refers to it any more.
        """
        processor = cls._lease_processor(resources, checkpoint)
        try:
            model = cls._lease_model(resources, checkpoint, placement, processor.resource)
        except BaseException:
            processor.release()
            raise
        handler = cls(resources, model.resource, processor.resource, model.resource.placement)
        for lease in (model, processor):
            handler._hold(lease)
        return handler

    @classmethod
    def adopt(
        cls, resources: Resources, model: Any, processor: Any, checkpoint: str, placement: Placement
    ) -> Handler:
        """A handler of a model that the host has loaded, brought to a placement if it is not there."""
        found = placing.adopt(resources, model, placement)
        if processor is None:
            processor = cls.load_processor(resources, checkpoint)
        return cls(resources, model, processor, found)

    @classmethod
    def load_processor(cls, resources: Resources, checkpoint: str) -> Any:
        """The checkpoint's processor, or None for a task that takes plain numbers."""
        if cls.processor_class is None:
            return None
        return loading.load_processor(
            resources["transformers"], cls.processor_class, checkpoint, cls.processor_options
        )

    @classmethod
    def _lease_model(
        cls, resources: Resources, checkpoint: str, placement: Placement, processor: Any
    ) -> Lease:
        return resources.acquire(
            lambda: ("model", cls.model_class, loading.identity(checkpoint), cls.unread, placement),
            lambda: cls._load_model(resources, checkpoint, placement, processor),
            lambda: loading.weight_bytes(checkpoint, placement.width),
        )

    @classmethod
    def _load_model(cls, resources: Resources, checkpoint: str, placement: Placement, processor: Any) -> Any:
        model = placing.load(resources, cls.model_class, checkpoint, placement, cls.unread)
        if not placement.in_torch:
            cls(resources, model, processor, placement)._settle()
        return model

    def _settle(self) -> None:
        """Answer two examples at once, so that the model is exported for requests of any number.

        Raises `SkillsetError` if it does not run on its engine.
        """
        from skillset_runtime import exported

        try:
            items, parameters = self.parse((), self.example())
            self.answers(items * 2, parameters)
        except Exception as error:  # whatever an engine raises
            reason = f"{type(self).__name__} does not answer on {self.placement}: {first_line(error)}"
            raise SkillsetError(reason) from error
        exported.settle(self.model)

    @classmethod
    def _lease_processor(cls, resources: Resources, checkpoint: str) -> Lease:
        options = repr(sorted(cls.processor_options.items()))
        return resources.acquire(
            lambda: ("processor", cls.processor_class, loading.identity(checkpoint), options),
            lambda: cls.load_processor(resources, checkpoint),
        )

    def _hold(self, lease: Lease) -> None:
        finalizer = weakref.finalize(self, lease.release)
        finalizer.atexit = False  # a process that ends needs nothing given back
        self._held.append(finalizer)

    def close(self) -> None:
        """Give back what this handler holds of the pool; it is not to be called any more."""
        for give_back in self._held:
            give_back()

    def example(self) -> dict[str, Any]:
        """A request that this handler answers, for a first try."""
        return samples.request(inspect.signature(type(self).read).parameters)

    def answer(self, items: list[Any], **parameters: Any) -> dict[str, list[Any]]:
        """The answer to each item, in plain Python."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it answers")

    def __call__(self, *args: Any, **kwargs: Any) -> Answer:
        """Answer a request; raises `InputError` if it cannot be answered."""
        return self.finished(self.answers(*self.parse(args, kwargs)))

    def answers(
        self, items: list[Any], parameters: dict[str, Any], at_once: int | None = None
    ) -> dict[str, list[Any]]:
        """A list with an entry for each item; so many items run at once, where a batch changes no answer."""
        size = self.batch_size if self.batch_size == 1 else at_once or self.batch_size
        with self.torch.inference_mode():
            parts = self._parts(items, dict(parameters), size)
        return {key: [each for part in parts for each in part[key]] for key in parts[0]}

    def finished(self, answers: Mapping[str, list[Any]]) -> Answer:
        """A request's answers with what tells how they came about."""
        details = {"device": str(self.placement), "precision": self.placement.precision}
        for name in ("fallback_from", "reason"):
            if (told := getattr(self, name)) is not None:
                details[name] = told
        if not self.placement.in_torch:
            details |= self._left_to_torch()
        kind = "SIMULATED" if self.placement.is_simulated else "REAL"
        return Answer(answers, implementation_type=kind, **details)

    def _left_to_torch(self) -> dict[str, Any]:
        """The parts of an exported model that run in torch, and why; empty where there is none."""
        from skillset_runtime import exported

        failed = exported.failed(self.model)
        return {"in_torch": failed} if failed else {}

    async def call_async(self, *args: Any, **kwargs: Any) -> Answer:
        """Answer a request in a thread, so that the event loop stays free meanwhile."""
        return await asyncio.to_thread(self, *args, **kwargs)

    def save(self, folder: str) -> None:
        """Write the model and its processor as a checkpoint folder that `load` takes."""
        self.model.save_pretrained(folder)
        if self.processor is not None:
            self.processor.save_pretrained(folder)

    def tokenized(self, texts: list[str], **options: Any) -> Any:
        """Texts as tensors on the device; refuses, rather than cuts, what is longer than the model reads."""
        tokenizer = getattr(self.processor, "tokenizer", self.processor)
        given = {"padding": True, "return_tensors": "pt", **options}
        inputs = tokenizer(texts, **given)
        self.check_length(inputs, tokenizer.model_max_length)
        if self._wants_few_lengths and given == {"padding": True, "return_tensors": "pt"}:
            length = self._next_length(inputs["input_ids"].shape[-1], tokenizer.model_max_length)
            inputs = tokenizer(texts, **{**given, "padding": "max_length", "max_length": length})
        return inputs.to(self.device)

    @property
    def _wants_few_lengths(self) -> bool:
        """Whether each length is exported by itself, and padding, as of a batch, changes no answer."""
        return self.placement.hardware.static and type(self).batch_size > 1

    def _next_length(self, tokens: int, most: int) -> int:
        places = loading.positions(self.model) or most
        return max(tokens, min(math.ceil(tokens / _LENGTHS) * _LENGTHS, most, places))

    def check_room(self, inputs: Any, max_new_tokens: int) -> None:
        """Refuse a prompt that leaves no room for what is to be written after it."""
        places = loading.positions(self.model)
        if places is not None:
            self.check_length(inputs, places - max_new_tokens)

    def check_length(self, inputs: Any, most: int) -> None:
        """Refuse inputs of more tokens than `most`, of shape (batch, tokens)."""
        tokens = inputs["input_ids"].shape[-1]
        if tokens > most:
            raise InputError(f"the text has {tokens} tokens, and there is room for {most}; send it in parts")

    def sampling(self, temperature: float | None, top_p: float | None) -> dict[str, Any]:
        """The arguments of `generate` that draw tokens, or take the likeliest without a temperature."""
        if temperature is None:
            if top_p is not None:
                raise InputError("top_p needs a temperature; without one the likeliest token is taken")
            return {"do_sample": False}
        if not 0 < temperature < math.inf:
            raise InputError(f"temperature must be above 0 and finite, not {temperature}")
        if top_p is not None and not 0 < top_p <= 1:
            raise InputError(f"top_p must be above 0 and at most 1, not {top_p}")
        return {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": top_p or 1.0}

    @property
    def sampling_rate(self) -> int:
        """Samples per second of the sound that the model was made for."""
        return self._feature_extractor.sampling_rate

    def sounds(self, recordings: Sequence[Waveform]) -> list[Any]:
        """The recordings at the model's rate.

        A feature extractor with a window (Whisper's 30 s) would cut off what does not fit, silently.
        """
        window = getattr(self._feature_extractor, "n_samples", None)
        sounds = [recording.at(self.sampling_rate) for recording in recordings]
        for sound in sounds:
            if window and len(sound) > window:
                seconds, most = len(sound) / self.sampling_rate, window / self.sampling_rate
                raise InputError(
                    f"the recording lasts {seconds:.1f} s, and the model hears {most:.1f} s; send it in parts"
                )
        return sounds

    @property
    def output_rate(self) -> int | None:
        """Samples per second of the sound that the model makes; None where its checkpoint does not say."""
        config = self.model.config
        holders = [getattr(self.model, "generation_config", None), config]
        holders += [getattr(config, part, None) for part in ("audio_encoder", "codec_config")]
        names = ("sample_rate", "sampling_rate")
        rates = (
            getattr(holder, name, None) for holder in [*holders, self._feature_extractor] for name in names
        )
        return next((rate for rate in rates if rate), None)

    @property
    def _feature_extractor(self) -> Any:
        names = ("feature_extractor", "audio_processor")
        found = (getattr(self.processor, name, None) for name in names)
        return next((part for part in found if part is not None), self.processor)

    def pooled(self, features: Any) -> Any:
        """The mean of what is known of an image's places: of patches, or (batch, width, rows, columns)."""
        return features.flatten(2).mean(-1) if features.ndim == 4 else features.mean(1)

    def probabilities(self, logits: Any) -> Any:
        """Class scores, shape (batch, labels), as the checkpoint's kind of problem has it."""
        config = self.model.config
        if config.problem_type == "regression":
            return logits
        if config.problem_type == "multi_label_classification" or logits.shape[-1] == 1:
            return logits.sigmoid()
        return logits.softmax(-1)

    @property
    def judges_pairs(self) -> bool:
        """Whether a model of two towers was trained on each pair by itself: its logits have a bias."""
        return hasattr(self.model, "logit_bias")

    @property
    def label_padding(self) -> bool | str:
        """How to pad texts for a model of two towers: those that judge pairs saw only full lengths."""
        return "max_length" if self.judges_pairs else True

    def ranked(
        self, probabilities: Any, top_k: int | None = None, names: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """One item's labels, best first, from its scores, shape (labels,); names default to the model's."""
        best = probabilities.topk(min(top_k or len(probabilities), len(probabilities)))
        # A checkpoint may name fewer labels than its head has, as PatchTST's `num_targets` allows.
        names = dict(enumerate(names)) if names else self.model.config.id2label
        return [
            {"label": names.get(index, f"LABEL_{index}"), "score": score}
            for score, index in zip(best.values.tolist(), best.indices.tolist(), strict=True)
        ]

    def _parts(self, items: list[Any], parameters: dict[str, Any], size: int) -> list[dict[str, list[Any]]]:
        """The answers to the items, batch by batch; draws are kept apart from those of other threads."""
        seed = parameters.pop("seed", None) if self.draws else None
        if seed is not None:
            return [self._drawn(item, seed, parameters) for item in items]
        drawn = self.draws and parameters.get("temperature") is not None
        with _DRAWING if drawn else nullcontext():
            return [self.answer(batch, **parameters) for batch in batched(items, size)]

    def _drawn(self, item: Any, seed: int, parameters: dict[str, Any]) -> dict[str, list[Any]]:
        """One answer under a seed.

        torch draws for all threads from one generator; its state is put back, so that nothing that is
        drawn later becomes predictable.
        """
        with _DRAWING, self._generators_put_back():
            self.torch.manual_seed(seed)
            return self.answer([item], **parameters)

    def _generators_put_back(self) -> AbstractContextManager[None]:
        """Put back what the processor and the model's own devices draw from.

        Unasked, torch would do so for all GPUs, and not for Metal's.
        """
        kind = self.device.type
        if kind == "cpu":
            return self.torch.random.fork_rng(devices=[])
        numbers = [self.torch.device(name).index or 0 for name in self.placement.devices]
        return self.torch.random.fork_rng(numbers, device_type=kind)

    def parse(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """The items that a call asks about and the parameters it sets; raises `InputError`."""
        read = type(self).read
        inputs = inspect.signature(read).parameters
        parameters = {name: value for name, value in kwargs.items() if name not in inputs}
        self._check(parameters, inputs)
        try:
            bound = inspect.signature(read).bind(
                *args, **{name: value for name, value in kwargs.items() if name in inputs}
            )
        except TypeError as error:
            raise InputError(f"{self.task} takes {', '.join(inputs)}: {error}") from error
        return read(*bound.args, **bound.kwargs), parameters

    def _check(self, given: Mapping[str, Any], inputs: Iterable[str]) -> None:
        """Refuse parameters that `answer` does not have, that lack, or that have the wrong type."""
        accepted = _parameters(type(self))
        for name, value in given.items():
            if name not in accepted:
                raise InputError(_unknown(self.task, name, [*inputs, *accepted]))
            if not _fits(value, accepted[name].annotation):
                wanted = _type_name(accepted[name].annotation)
                raise InputError(f"{name} must be {wanted}, not {value!r}")
            if accepted[name].annotation is int and value < (0 if accepted[name].default == 0 else 1):
                raise InputError(
                    f"{name} must be at least {0 if accepted[name].default == 0 else 1}, not {value}"
                )
            if name == "seed" and value is not None and not 0 <= value < 2**63:
                raise InputError(f"seed must be from 0 to 2**63 - 1, not {value}")
        for name, parameter in accepted.items():
            if parameter.default is parameter.empty and name not in given:
                raise InputError(f"{self.task} needs {name}")


def batched(items: list[Any], size: int) -> Iterable[list[Any]]:
    """The items in runs of a size, the last one shorter."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _parameters(handler: type[Handler]) -> dict[str, inspect.Parameter]:
    """The keyword-only parameters of a handler's `answer`, with their types; and a seed, if it draws."""
    signature = inspect.signature(handler.answer, eval_str=True)
    own = {
        name: parameter
        for name, parameter in signature.parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    return {**own, "seed": _SEED} if handler.draws else own


def _fits(value: Any, annotation: Any) -> bool:
    """Whether a value is of an annotated type; a whole number is also a float, a bool is no number."""
    choices = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    allowed = tuple(typing.get_origin(choice) or choice for choice in choices)
    if isinstance(value, bool):
        return bool in allowed
    if isinstance(value, Integral):
        return int in allowed or float in allowed
    return isinstance(value, allowed) or (isinstance(value, Real) and float in allowed)


def _type_name(annotation: Any) -> str:
    return getattr(annotation, "__name__", None) or str(annotation)


def _unknown(task: str, name: str, accepted: list[str]) -> str:
    hint = did_you_mean(name, accepted)
    return f"{task} has no parameter {name!r}; it takes {', '.join(accepted)}{hint}"
