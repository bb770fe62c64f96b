"""Generated skillsets in the hands of a worker that knows nothing but the host's calling convention."""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import subprocess
import sys
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import pytest
import transformers
from representatives import REPRESENTATIVES as MODEL_TYPES

from generator.execution import checkpoint
from generator.naming import Layout
from generator.specs import catalogue
from skillset_runtime import InputError, SkillsetError
from skillset_runtime.importing import load_by_path
from skillset_runtime.samples import Image

ROOT = Path(__file__).parents[2]
LAYOUT = Layout(ROOT)


class Worker:
    """Loads `hf_*.py` by path, files what `init_cpu` returns under model and label, and serves requests."""

    def __init__(self):
        self.endpoint, self.tokenizer, self.handler = defaultdict(dict), defaultdict(dict), defaultdict(dict)
        self.queue, self.batch_size = defaultdict(dict), defaultdict(dict)

    def load(self, path: Path, folder: str, label: str) -> None:
        module = load_by_path(path)
        config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
        skillset = getattr(module, f"hf_{config['model_type'].replace('-', '_')}")({}, {})
        skillset.init()
        (
            self.endpoint[folder][label],
            self.tokenizer[folder][label],
            self.handler[folder][label],
            self.queue[folder][label],
            self.batch_size[folder][label],
        ) = skillset.init_cpu(folder, label.split(":")[0], label)
        self.skillset = skillset

    def consume(self, folder: str, label: str, request: dict) -> dict:
        answer = self.handler[folder][label](**request)
        return {key: answer[key] for key in answer.keys()}  # noqa: SIM118 - what the host's consumer does


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_a_worker_serves_every_model_from_sync_and_async_code(model_type):
    spec = catalogue.load_model(LAYOUT, model_type)
    folder = str(checkpoint.ensure(spec, spec.default_task, LAYOUT.cache))
    worker = Worker()
    worker.load(LAYOUT.skillset(model_type), folder, "cpu:0")
    request = worker.handler[folder]["cpu:0"].example()

    answer = worker.consume(folder, "cpu:0", request)
    assert answer["implementation_type"] == "REAL"
    assert len(answer) > 2

    async def consume():
        return worker.consume(folder, "cpu:0", request)

    assert asyncio.run(consume()) == answer
    tested = worker.skillset.__test__(
        folder, worker.handler[folder]["cpu:0"], "cpu:0", worker.tokenizer[folder]["cpu:0"]
    )
    assert tested == answer
    assert isinstance(worker.queue[folder]["cpu:0"], asyncio.Queue)
    assert worker.batch_size[folder]["cpu:0"] >= 1


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_a_registry_reads_what_a_skillset_is_without_running_it(model_type):
    tree = ast.parse(LAYOUT.skillset(model_type).read_text(encoding="utf-8"))
    constants = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id.isupper()
    }
    spec = catalogue.load_model(LAYOUT, model_type)
    assert constants == {
        "MODEL_ID": spec.checkpoint,
        "ARCHITECTURE": model_type,
        "TASK_TYPE": spec.default_task,
    }


def test_importing_skillsets_loads_no_heavy_library():
    """A registry imports hundreds of them only to look."""
    code = f"""
import importlib.util, pathlib, sys
for path in sorted(pathlib.Path({str(LAYOUT.generated / "skillsets")!r}).glob("hf_*.py")):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
print([name for name in ("torch", "transformers", "scipy", "PIL") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_an_example_names_all_that_its_handler_needs():
    """`__test__` sends it, and so does whatever exports the model."""
    for path in sorted((LAYOUT.generated / "skillsets").glob("hf_*.py")):
        for handler in getattr(load_by_path(path), path.stem).handlers:
            needed = [
                name
                for name, parameter in inspect.signature(handler.answer).parameters.items()
                if parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
            ]
            own = inspect.getsource(handler.example) if needed else ""
            assert all(f'"{name}"' in own for name in needed), f"{path.name}: {handler.__name__}"


def test_examples_that_need_no_model_are_read():
    for path in sorted((LAYOUT.generated / "skillsets").glob("hf_*.py")):
        for handler in getattr(load_by_path(path), path.stem).handlers:
            with suppress(AttributeError):  # one that asks the model or the processor for a size
                example = handler.example(object.__new__(handler))
                read = inspect.signature(handler.read).parameters.keys() & example
                items = handler.read(**{name: example[name] for name in read})
                assert len(items) == 1, f"{path.name}: {handler.__name__}"
                frames = getattr(handler, "frames", None)
                assert frames in (None, len(items[0].images)), f"{path.name}: {handler.__name__}"


@pytest.mark.parametrize(
    "name, message",
    [
        ("no/such/folder", "cannot load 'no/such/folder'"),
        ("/no/such/folder", "checkpoint folder '/no/such/folder' does not exist"),
        (None, "a checkpoint is a folder or a Hub name, not None"),
    ],
)
def test_a_checkpoint_that_is_not_there_is_an_error_for_people(name, message):
    with pytest.raises(SkillsetError) as error:
        skillset("bert").init_cpu(name, "cpu", "cpu:0")
    assert message in str(error.value)


def test_weights_that_a_checkpoint_lacks_are_not_drawn_at_random():
    """The embedding model has no head for questions, and a GPT-2 is no BERT."""
    with pytest.raises(SkillsetError) as error:
        skillset("bert", task="question-answering").init_cpu(
            tiny("bert", "feature-extraction"), "cpu", "cpu:0"
        )
    assert "has no weights for 2 parts of BertForQuestionAnswering (qa_outputs.bias" in str(error.value)
    with pytest.raises(SkillsetError) as error:
        skillset("bert", task="feature-extraction").init_cpu(
            tiny("gpt2", "feature-extraction"), "cpu", "cpu:0"
        )
    assert "no weights" in str(error.value) or "cannot load" in str(error.value)


def test_features_come_from_trained_weights_alone():
    """A classifier's checkpoint has no pooler, and its features must not depend on one made up now."""
    folder, picture = tiny("vit", "image-classification"), Image("disc").make()
    answers = []
    for _ in range(2):
        _, _, handler, _, _ = skillset("vit", task="image-feature-extraction").init_cpu(
            folder, "cpu", "cpu:0"
        )
        answers.append(handler(picture))
    assert answers[0] == answers[1]


def test_what_is_longer_than_the_model_reads_is_refused_rather_than_cut():
    _, _, embed, _, _ = skillset("bert", task="feature-extraction").init_cpu(
        tiny("bert", "feature-extraction"), "cpu", "cpu:0"
    )
    with pytest.raises(InputError) as refusal:
        embed("river " * 1000)
    assert "there is room for" in str(refusal.value)
    _, _, write, _, _ = skillset("gpt2").init_cpu(tiny("gpt2", "text-generation"), "cpu", "cpu:0")
    with pytest.raises(InputError) as refusal:
        write("The cat", max_new_tokens=100_000)
    assert "there is room for" in str(refusal.value)


@pytest.mark.parametrize(
    "task, request_",
    [
        ("multiple-choice", {"text": "river " * 1000, "choices": ["a", "b"]}),
        ("next-sentence-prediction", {"text": "river " * 1000, "next_text": "b"}),
        ("question-answering", {"question": "Where?", "context": "river " * 1000}),
    ],
)
def test_a_text_of_several_parts_is_refused_rather_than_cut_too(task, request_):
    _, _, handler, _, _ = skillset("bert", task=task).init_cpu(tiny("bert", task), "cpu", "cpu:0")
    with pytest.raises(InputError, match="there is room for"):
        handler(**request_)


def test_a_seed_decides_the_answer_whatever_else_is_drawn_meanwhile():
    _, _, write, _, _ = skillset("gpt2").init_cpu(tiny("gpt2", "text-generation"), "cpu", "cpu:0")

    async def ask():
        seeded = [write.call_async("The cat sat on", temperature=1.5, seed=7) for _ in range(6)]
        unseeded = [write.call_async("The cat sat on", temperature=1.5) for _ in range(6)]
        return await asyncio.gather(*seeded, *unseeded)

    texts = [answer["text"][0] for answer in asyncio.run(ask())]
    assert len(set(texts[:6])) == 1
    assert len(set(texts[6:])) > 1
    beside_others = write(["A storm", "The cat sat on", "river"], temperature=1.5, seed=7)["text"]
    assert beside_others[1] == texts[0]
    assert len(set(write(["The cat sat on"] * 16, temperature=1.5)["text"])) > 8


def test_a_model_that_the_host_loaded_is_made_ready():
    """Real GPT-2 has no padding token, and a batch of prompts needs one, on the left."""
    folder = tiny("gpt2", "text-generation")
    model = transformers.GPT2LMHeadModel.from_pretrained(folder).train()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    assert tokenizer.pad_token is None
    handler = skillset("gpt2").create_cpu_text_generation_endpoint_handler(
        folder, "cpu", "cpu:0", model, tokenizer
    )
    prompts = ["The cat sat on", "river"]
    assert handler(prompts)["text"] == [handler(prompt)["text"][0] for prompt in prompts]


def skillset(model_type: str, **metadata: str):
    return getattr(load_by_path(LAYOUT.skillset(model_type)), f"hf_{model_type}")(metadata=metadata)


def tiny(model_type: str, task: str) -> str:
    return str(checkpoint.ensure(catalogue.load_model(LAYOUT, model_type), task, LAYOUT.cache))


def test_a_checkpoint_saved_in_half_precision_is_answered_from(tmp_path):
    """As many are on the Hub; what processors give is float32."""
    spec = catalogue.load_model(LAYOUT, "vit")
    worker = Worker()
    worker.load(
        LAYOUT.skillset("vit"), str(checkpoint.ensure(spec, spec.default_task, LAYOUT.cache)), "cpu:0"
    )
    (first,) = worker.handler.values()
    first["cpu:0"].model.half().save_pretrained(tmp_path)
    first["cpu:0"].processor.save_pretrained(tmp_path)

    worker.load(LAYOUT.skillset("vit"), str(tmp_path), "cpu:0")
    handler = worker.handler[str(tmp_path)]["cpu:0"]
    assert handler.model.dtype.itemsize == 4
    assert len(handler(**handler.example())["labels"][0]) > 1
