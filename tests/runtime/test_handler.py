"""How a handler takes a call, whatever its task: inputs, parameters, batches, sync and async."""

from __future__ import annotations

import asyncio
import math
import threading

import pytest
import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from skillset_runtime import Answer, Handler, InputError, SkillsetError
from skillset_runtime.inputs import read_audio, read_prompts, read_texts
from skillset_runtime.placing import Placement
from skillset_runtime.resources import Resources
from skillset_runtime.samples import Audio
from skillset_runtime.skillset import Skillset

CPU = Placement("cpu", "cpu", "float32")


class Lengths(Handler):
    """Answers with the lengths of texts, so that plumbing is tested without a model."""

    task = "text-length"
    read = staticmethod(read_texts)
    batch_size = 2

    def answer(self, texts: list[str], *, times: int = 1, offset: float | None = None):
        self.last_batch, self.thread = texts, threading.current_thread()
        return {"length": [len(text) * times + (offset or 0) for text in texts]}


@pytest.fixture
def handler():
    return Lengths(Resources({"torch": torch}), torch.nn.Identity(), None, CPU)


def test_an_answer_is_a_plain_dict_that_says_it_is_real(handler):
    answer = handler("four")
    assert isinstance(answer, dict)
    assert answer == {
        "length": [4],
        "implementation_type": "REAL",
        "device": "cpu",
        "precision": "float32",
    }


def test_more_items_than_a_batch_holds_run_in_turn_and_in_order(handler):
    assert handler(["a", "bb", "ccc", "dddd", "eeeee"])["length"] == [1, 2, 3, 4, 5]
    assert handler.last_batch == ["eeeee"]


def test_inputs_may_be_named(handler):
    assert handler(text="four", times=2)["length"] == [8]


@pytest.mark.parametrize(
    "arguments, parameters, message",
    [
        ((), {}, "text-length takes text: missing a required argument: 'text'"),
        (("a", "b"), {}, "too many positional arguments"),
        (("a",), {"time": 2}, "no parameter 'time'; it takes text, times, offset; did you mean \"times\"?"),
        (("a",), {"times": "many"}, "times must be int, not 'many'"),
        (("a",), {"times": True}, "times must be int, not True"),
        (("a",), {"times": 0}, "times must be at least 1, not 0"),
        (("a",), {"offset": "x"}, "offset must be float | None, not 'x'"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(handler, arguments, parameters, message):
    with pytest.raises(InputError) as refusal:
        handler(*arguments, **parameters)
    assert message in str(refusal.value)


def test_a_whole_number_is_a_float_and_none_is_the_default(handler):
    assert handler("a", offset=2)["length"] == [3]
    assert handler("a", offset=None)["length"] == [1]


def test_a_coroutine_may_use_the_answer_await_it_or_leave_the_loop_free(handler):
    async def call():
        assert list(handler("four").keys())[0] == "length"
        assert await handler("four") == handler("four")
        answer = await handler.call_async("four")
        assert handler.thread is not threading.main_thread()
        return answer

    assert isinstance(asyncio.run(call()), Answer)


@pytest.mark.parametrize(
    "parameters, message",
    [
        ((0, None), "temperature must be above 0"),
        ((-1.0, None), "temperature must be above 0"),
        ((math.inf, None), "temperature must be above 0 and finite"),
        ((math.nan, None), "temperature must be above 0 and finite"),
        ((1.0, 0), "top_p must be above 0"),
        ((1.0, 1.5), "top_p must be above 0"),
        ((None, 0.5), "top_p needs a temperature"),
    ],
)
def test_sampling_refuses_what_cannot_be_drawn(handler, parameters, message):
    with pytest.raises(InputError) as refusal:
        handler.sampling(*parameters)
    assert message in str(refusal.value)


class Other(Lengths):
    task = "other"
    read = staticmethod(read_prompts)


class hf_lengths(Skillset):
    handlers = (Lengths, Other)


def test_a_skillset_that_lacks_a_task_says_which_it_has():
    with pytest.raises(SkillsetError) as error:
        hf_lengths(metadata={"task": "translation"}).init_cpu("anywhere", "cpu", "cpu:0")
    assert str(error.value) == "hf_lengths has no task 'translation'; it has text-length, other"


def test_a_device_that_is_not_there_is_named():
    with pytest.raises(SkillsetError) as error:
        hf_lengths().create_cpu_text_length_endpoint_handler(
            "anywhere", "cuda:7", "cuda:7", object(), object()
        )
    assert "device 'cuda:7' cannot be used here" in str(error.value)


def test_libraries_are_the_hosts_where_it_injects_them():
    resources = Resources({"torch": "the host's own"})
    assert resources["torch"] == "the host's own"
    with pytest.raises(SkillsetError) as error:
        resources["no_such_library"]
    assert "install it, or inject it as resources['no_such_library']" in str(error.value)


def test_a_recording_that_does_not_fit_is_refused_rather_than_cut():
    extractor = transformers.WhisperFeatureExtractor(chunk_length=1)
    listener = Lengths(Resources({"torch": torch}), torch.nn.Identity(), extractor, CPU)
    assert listener.sounds(read_audio(Audio("tone", seconds=1.0).make()))[0].shape == (16_000,)
    with pytest.raises(InputError) as refusal:
        listener.sounds(read_audio(Audio("tone", seconds=1.5).make()))
    assert str(refusal.value) == "the recording lasts 1.5 s, and the model hears 1.0 s; send it in parts"


@pytest.mark.parametrize(("words", "length"), [(2, 16), (16, 16), (17, 32), (35, 40)])
def test_texts_have_few_lengths_where_each_is_a_program(words, length):
    class Reader(Handler):
        task = "read"

    config = transformers.BertConfig(
        vocab_size=3, hidden_size=8, num_attention_heads=1, num_hidden_layers=1, max_position_embeddings=40
    )
    known = WordLevel({"[PAD]": 0, "[UNK]": 1, "a": 2}, unk_token="[UNK]")
    made = Tokenizer(known)
    made.pre_tokenizer = Whitespace()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", model_max_length=40
    )
    inputs = {}
    for target, device in (("cpu", "cpu"), ("qualcomm", "QNNExecutionProvider")):
        reader = Reader(
            Resources(), transformers.BertModel(config), tokenizer, Placement(target, device, "float16")
        )
        inputs[target] = reader.tokenized(["a " * words])
        with pytest.raises(InputError, match="room for 40"):
            reader.tokenized(["a " * 41])
    assert inputs["cpu"]["input_ids"].shape == (1, words)
    assert inputs["qualcomm"]["input_ids"].shape == (1, length)
    assert inputs["qualcomm"]["attention_mask"].sum() == words
