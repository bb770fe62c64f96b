"""Skillsets that share what they load through the host's pool, on a real tiny checkpoint."""

from __future__ import annotations

import gc
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from generator.execution import checkpoint
from generator.naming import Layout
from generator.specs import catalogue
from skillset_runtime import SkillsetError
from skillset_runtime.endpoints import Endpoints
from skillset_runtime.importing import load_by_path
from skillset_runtime.loading import weight_bytes
from skillset_runtime.pool import PoolFull, ResourcePool, measure

LAYOUT = Layout(Path(__file__).parents[2])


@pytest.fixture(scope="module")
def folder():
    return str(checkpoint.ensure(catalogue.load_model(LAYOUT, "bert"), "fill-mask", LAYOUT.cache))


def opened(pool, folder, task="fill-mask"):
    skillset = load_by_path(LAYOUT.skillset("bert")).hf_bert({"pool": pool}, {"task": task})
    return skillset.init_cpu(folder, "cpu", "cpu:0")[2]


def test_skillsets_share_a_model_and_its_tokenizer(folder):
    pool = ResourcePool()
    with ThreadPoolExecutor(4) as threads:
        handlers = list(threads.map(lambda _: opened(pool, folder), range(4)))
    assert len({id(handler.model) for handler in handlers}) == 1
    assert len({id(handler.processor) for handler in handlers}) == 1
    assert pool.statistics.loads == 2 and pool.statistics.bytes == measure(handlers[0].model) > 0
    first, *rest = [handler(**handler.example()) for handler in handlers]
    assert all(answer == first for answer in rest)


def test_tasks_share_the_tokenizer_but_not_the_head(folder):
    pool = ResourcePool()
    fill, embed = opened(pool, folder), opened(pool, folder, "feature-extraction")
    assert fill.processor is embed.processor and fill.model is not embed.model
    assert embed("a cat")["embedding"]


def test_a_handler_that_is_closed_or_forgotten_makes_room(folder, tmp_path):
    pool = ResourcePool(budget=int(2.5 * weight_bytes(folder, 4)), patience=0.05)
    fill, embed = opened(pool, folder), opened(pool, folder, "feature-extraction")
    copy = str(shutil.copytree(folder, tmp_path / "copy"))
    with pytest.raises(PoolFull):
        opened(pool, copy)
    example = fill.example()
    fill.close()
    other = opened(pool, copy)
    assert other(**example)["fills"] and embed("a cat")["embedding"]
    del other
    gc.collect()
    assert opened(pool, folder)(**example)["fills"]
    assert pool.statistics.evictions == 3  # two models, and the processor of the load that was refused


def test_a_checkpoint_that_changed_is_loaded_again(folder, tmp_path):
    pool = ResourcePool()
    handler = opened(pool, folder)
    handler.save(str(tmp_path))
    before = opened(pool, str(tmp_path))
    handler.model.bert.embeddings.word_embeddings.weight.data *= 2
    handler.save(str(tmp_path))
    after = opened(pool, str(tmp_path))
    assert before.model is not after.model
    assert before(**handler.example()) != after(**handler.example())


def test_without_a_pool_each_handler_has_its_own(folder):
    one, other = (
        load_by_path(LAYOUT.skillset("bert")).hf_bert().init_cpu(folder, "cpu", "x")[0] for _ in "ab"
    )
    assert one is not other


def test_the_size_of_a_checkpoint_is_that_of_its_model(folder, tmp_path):
    handler = opened(ResourcePool(), folder)
    weights = sum(each.numel() for each in handler.model.parameters())
    assert weights * 4 <= weight_bytes(folder, 4) <= weights * 5
    assert weight_bytes("google-bert/bert-base-uncased", 4) == 0
    (tmp_path / "model.safetensors").write_bytes(b"\x09\0\0\0\0\0\0\0not json")
    assert weight_bytes(str(tmp_path), 4) == 0


def test_the_book_of_endpoints():
    endpoints = Endpoints()
    with pytest.raises(SkillsetError, match="there is none"):
        endpoints("bert", "cpu:0")
    endpoints.file("bert", "cpu:0", print)
    assert endpoints("bert", "cpu:0") is print and endpoints() is endpoints
    assert endpoints["bert"]["cpu:0"] is print
    with pytest.raises(SkillsetError, match="no handler of 'bert' 'cuda:0'; there is 'cpu:0'"):
        endpoints("bert", "cuda:0")
