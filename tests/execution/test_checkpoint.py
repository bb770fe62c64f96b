"""Tiny checkpoints of every spec: real folders that load whole, run fast and answer to their input."""

from __future__ import annotations

import functools
import hashlib
import json
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from representatives import REPRESENTATIVES as MODEL_TYPES

from generator.execution import checkpoint, processors, tiny_rules
from generator.execution.facts import TinyError
from generator.naming import Layout
from generator.specs import catalogue
from generator.specs.schema import Modality, ModelSpec, ProcessorKind, TaskBinding, TinyConfig
from skillset_runtime.samples import Audio, Image, Series

ROOT = Path(__file__).parents[2]
WRITING = (
    "text-generation",
    "text2text-generation",
    "automatic-speech-recognition",
    "image-text-to-text",
)
EIGHT = {"max_length": 8, "truncation": True, "return_tensors": "pt"}
PROCESSORS = ("AutoProcessor", "AutoTokenizer", "AutoImageProcessor", "AutoFeatureExtractor")


@functools.cache
def spec(model_type: str) -> ModelSpec:
    return catalogue.load_model(Layout(ROOT), model_type)


BINDINGS = [(name, task) for name in MODEL_TYPES for task in spec(name).tasks]


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    torch.set_num_threads(1)
    return tmp_path_factory.mktemp("cache")


def digest(folder: Path) -> str:
    files = sorted(folder.iterdir())
    return hashlib.sha256(b"".join(f.name.encode() + f.read_bytes() for f in files)).hexdigest()


def loader(binding: TaskBinding) -> type:
    return getattr(transformers, binding.auto_class or binding.model_class)


@pytest.mark.parametrize(("model_type", "task"), BINDINGS)
def test_a_checkpoint_is_small_and_loads_whole(model_type, task, cache):
    binding = spec(model_type).tasks[task]
    folder = checkpoint.ensure(spec(model_type), task, cache)
    model, info = loader(binding).from_pretrained(folder, output_loading_info=True)
    assert type(model).__name__ == binding.model_class
    assert not any(info.values()), info
    assert model.num_parameters() <= tiny_rules.PARAMETER_LIMIT
    assert sum(file.stat().st_size for file in folder.iterdir()) < 2_000_000
    assert {"config.json", "model.safetensors"} <= {file.name for file in folder.iterdir()}


READERS = [
    name for name in MODEL_TYPES if any(p.kind is ProcessorKind.TOKENIZER for p in spec(name).processors)
]


@pytest.mark.parametrize("model_type", READERS)
def test_the_ids_of_a_config_are_in_its_vocabulary(model_type, cache):
    folder = checkpoint.ensure(spec(model_type), spec(model_type).default_task, cache)
    text = transformers.AutoConfig.from_pretrained(folder).get_text_config()
    ids = {name: value for name, value in text.to_dict().items() if name.endswith("_token_id")}
    assert len(processors.tokenizer(spec(model_type))) <= text.vocab_size
    assert all(0 <= value < text.vocab_size for value in ids.values() if value is not None), ids


def _inputs(model_type: str, task: str, folder: Path, name: int) -> dict:
    """The tensors of one of two clearly different inputs, of whatever kinds the model takes."""
    taken = spec(model_type).tasks[task].inputs
    parts = [p for p in (_loaded(c, folder) for c in PROCESSORS) if p is not None]
    given = {}
    if "past_values" in taken:
        series = Series(("seasonal", "steps")[name], 32).make()
        given = {"past_values": torch.tensor(series)[None]}
    elif "input_ids" in taken and "pixel_values" in taken:
        token = getattr(parts[0], "image_token", "")
        picture = Image(("stripes", "disc")[name]).make()
        given = parts[0](images=picture, text=f"{token} a cat", return_tensors="pt")
    elif "pixel_values" in taken:
        given = parts[0](images=Image(("stripes", "disc")[name]).make(), return_tensors="pt")
    elif {"input_values", "input_features"} & set(taken):
        sound, rate = Audio(("tone", "chirp")[name]).make()
        given = parts[0](sound, sampling_rate=rate, return_tensors="pt")
    else:
        given = parts[0](("The cat sat on the mat.", "A storm is coming.")[name], **EIGHT)
    if task == "multiple-choice":  # texts stand beside each other, of shape (batch, choices, tokens)
        given = {key: value[None] for key, value in given.items()}
    if "decoder_input_ids" in taken and task in ("feature-extraction", *WRITING):
        given["decoder_input_ids"] = torch.tensor([[3, 4]])
    return given


def _loaded(auto_class: str, folder: Path):
    try:
        return getattr(transformers, auto_class).from_pretrained(folder)
    except (OSError, ValueError, KeyError):
        return None


def _answer(model, inputs: dict) -> torch.Tensor:
    with torch.no_grad():
        output = model(**inputs)
    tensors = (value for value in output.values() if isinstance(value, torch.Tensor) and value.dim() > 0)
    return next(tensors).flatten(1)[:, -16:]


@pytest.mark.parametrize(("model_type", "task"), BINDINGS)
def test_an_answer_changes_with_the_input_and_is_quick(model_type, task, cache):
    folder = checkpoint.ensure(spec(model_type), task, cache)
    model = loader(spec(model_type).tasks[task]).from_pretrained(folder)
    one, other = (_inputs(model_type, task, folder, name) for name in (0, 1))
    before = time.process_time()
    answers = [_answer(model, inputs) for inputs in (one, other)]
    assert (time.process_time() - before) / 2 < 1
    assert all(torch.isfinite(answer).all() for answer in answers)
    assert (answers[0] - answers[1]).abs().max() > 0.01 * answers[0].abs().max()


WRITERS = [
    (name, task)
    for name, task in BINDINGS
    if task in WRITING and not spec(name).tasks[task].model_class.endswith("CTC")
]


@pytest.mark.parametrize(("model_type", "task"), WRITERS)
def test_greedy_writing_gives_several_tokens(model_type, task, cache):
    folder = checkpoint.ensure(spec(model_type), task, cache)
    model = loader(spec(model_type).tasks[task]).from_pretrained(folder)
    written = []
    for name in (0, 1):
        inputs = _inputs(model_type, task, folder, name)
        inputs.pop("decoder_input_ids", None)
        ids = model.generate(**inputs, max_new_tokens=6, do_sample=False)[0]
        written.append(ids[-6:].tolist())
    assert model.generation_config.eos_token_id not in written[0][:4]
    assert written[0] != written[1], "what is written depends on what is read"


SEERS = [name for name in MODEL_TYPES if Modality.IMAGE in spec(name).placeholders]


@pytest.mark.parametrize("model_type", SEERS)
def test_a_chat_is_written_with_its_placeholder(model_type, cache):
    folder = checkpoint.ensure(spec(model_type), spec(model_type).default_task, cache)
    processor = transformers.AutoProcessor.from_pretrained(folder)
    turn = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is it?"}]}
    prompt = processor.apply_chat_template([turn], add_generation_prompt=True)
    token = spec(model_type).placeholders[Modality.IMAGE]
    assert prompt == f"USER: {token}\nWhat is it?\nASSISTANT:"


@pytest.mark.parametrize("model_type", MODEL_TYPES[:1])
def test_another_process_and_hash_seed_give_the_same_bytes(model_type, cache, tmp_path):
    task = spec(model_type).default_task
    program = (
        "import sys; from pathlib import Path; from generator.execution import checkpoint;"
        "from generator.naming import Layout; from generator.specs import catalogue;"
        f"spec = catalogue.load_model(Layout(Path({str(ROOT)!r})), {model_type!r});"
        f"print(checkpoint.ensure(spec, {task!r}, Path(sys.argv[1])))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": str(ROOT)}
    run = [sys.executable, "-c", program, str(tmp_path)]
    out = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
    there = Path(out.stdout.strip().splitlines()[-1])
    here = checkpoint.ensure(spec(model_type), task, cache)
    assert there.relative_to(tmp_path) == here.relative_to(cache)
    assert digest(there) == digest(here)


def _ensure(model_type: str, folder: str) -> str:
    return digest(checkpoint.ensure(spec(model_type), spec(model_type).default_task, Path(folder)))


def test_several_builders_at_once_agree(tmp_path):
    with multiprocessing.get_context("fork").Pool(3) as pool:
        digests = pool.starmap(_ensure, [(MODEL_TYPES[0], str(tmp_path))] * 6)
    assert len(set(digests)) == 1
    assert not list(tmp_path.rglob(".building-*"))


def test_a_half_written_checkpoint_is_never_used(tmp_path, monkeypatch):
    model_type = MODEL_TYPES[0]
    task = spec(model_type).default_task
    monkeypatch.setattr(checkpoint, "_check_loading", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.ensure(spec(model_type), task, tmp_path)
    assert not checkpoint.location(spec(model_type), task, tmp_path).exists()
    monkeypatch.undo()
    assert checkpoint.ensure(spec(model_type), task, tmp_path).is_dir()


def _interrupt(*_):
    raise KeyboardInterrupt


def test_what_is_there_is_not_built_again(cache, monkeypatch):
    model_type = MODEL_TYPES[0]
    folder = checkpoint.ensure(spec(model_type), spec(model_type).default_task, cache)
    monkeypatch.setattr(checkpoint, "build", _interrupt)
    assert checkpoint.ensure(spec(model_type), spec(model_type).default_task, cache) == folder


def test_the_key_follows_the_tiny_facts():
    changed = spec("bert").model_copy(update={"tiny": TinyConfig(config={"hidden_size": 16})})
    renamed = spec("bert").model_copy(update={"title": "Another title"})
    assert checkpoint.content_key(changed) != checkpoint.content_key(spec("bert"))
    assert checkpoint.content_key(renamed) == checkpoint.content_key(spec("bert"))


def test_an_overlay_reaches_the_model(tmp_path):
    smaller = spec("bert").model_copy(update={"tiny": TinyConfig(config={"num_hidden_layers": 1})})
    folder = checkpoint.ensure(smaller, smaller.default_task, tmp_path)
    assert transformers.AutoConfig.from_pretrained(folder).num_hidden_layers == 1


def test_too_many_parameters_are_an_error_that_says_what_to_do(tmp_path):
    huge = spec("bert").model_copy(update={"tiny": TinyConfig(config={"vocab_size": 10**7})})
    with pytest.raises(TinyError, match=r"level 0: [\d,]+ parameters.*specs/overlays/bert\.yaml"):
        checkpoint.ensure(huge, huge.default_task, tmp_path)
    assert not list(tmp_path.rglob("*.safetensors"))


def test_values_that_a_config_refuses_are_an_error_that_says_what_to_do(tmp_path):
    wrong = spec("bert").model_copy(update={"tiny": TinyConfig(config={"hidden_size": "wide"})})
    with pytest.raises(TinyError, match=r"BertConfig refuses the tiny values.*specs/overlays/bert\.yaml"):
        checkpoint.ensure(wrong, wrong.default_task, tmp_path)


def test_what_a_library_refuses_is_an_error_that_says_what_to_do(tmp_path):
    tiny = TinyConfig(processor={"image_processor": {"size": "small"}})
    wrong = spec("vit").model_copy(update={"tiny": tiny})
    with pytest.raises(TinyError, match=r"no tiny checkpoint of ViT\w+: \w+Error.*specs/overlays/vit\.yaml"):
        checkpoint.ensure(wrong, wrong.default_task, tmp_path)


def test_the_random_state_of_the_caller_is_left_alone(tmp_path):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    checkpoint.ensure(spec("bert"), spec("bert").default_task, tmp_path)
    assert torch.equal(torch.rand(3), expected)
    assert np.isfinite(expected.numpy()).all()


def test_the_config_takes_the_token_that_its_processor_writes_for_an_image(cache):
    """Aya Vision writes patches, with another token than the one that stands for the image in a prompt."""
    folder = checkpoint.ensure(spec("aya_vision"), "image-text-to-text", cache)
    processor = transformers.AutoProcessor.from_pretrained(folder, backend="pil")
    config = transformers.AutoConfig.from_pretrained(folder)
    assert config.image_token_id == processor.tokenizer.convert_tokens_to_ids(processor.img_patch_token)
    assert config.image_token_id != processor.tokenizer.convert_tokens_to_ids(processor.image_token)


def test_a_tokenizer_is_saved_without_the_padding_of_a_sample(cache):
    folder = checkpoint.ensure(spec("aya_vision"), "image-text-to-text", cache)
    saved = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    assert saved["padding"] is None and saved["truncation"] is None


def test_a_projection_that_starts_at_zero_is_drawn(cache):
    folder = checkpoint.ensure(spec("gemma3"), "image-text-to-text", cache)
    model = transformers.AutoModelForImageTextToText.from_pretrained(folder)
    assert model.get_parameter("model.multi_modal_projector.mm_input_projection_weight").std() > 0.1
