"""Programs on disk: shared, made once, safe when broken, limited in size."""

import json
import os
import shutil
import threading

import pytest
import torch
from exported_models import ids, opened, programs, reference, saved

from skillset_runtime import exported
from skillset_runtime.artifacts import Store, size
from skillset_runtime.errors import SkillsetError

pytest.importorskip("openvino")
pytest.importorskip("onnxruntime")


def test_the_second_load_exports_nothing(bert, store, monkeypatch):
    with torch.inference_mode():
        opened(bert)(**ids(2, 5))
        before = [path.stat().st_mtime_ns for path in (store.root).rglob("*.xml")]
        monkeypatch.setattr(exported.exporting, "export", lambda *_: pytest.fail("exported again"))
        model = opened(bert)
        model(**ids(2, 5))
    exported.settle(model)
    assert before == [path.stat().st_mtime_ns for path in (store.root).rglob("*.xml")]


def test_another_checkpoint_has_other_programs(bert, tmp_path, store):
    other = saved(reference(bert), tmp_path / "other")
    changed = reference(bert)
    changed.classifier.bias.data += 1
    different = saved(changed, tmp_path / "changed")
    with torch.inference_mode():
        for source in (bert, other):
            opened(source)(**ids(2, 5))
        same = len(store.all())
        found = opened(different)(**ids(2, 5)).logits
        torch.testing.assert_close(found, changed(**ids(2, 5)).logits, atol=1e-4, rtol=1e-4)
    assert (same, len(store.all())) == (1, 2)


@pytest.mark.parametrize("broken", ["part.json", "openvino_model.xml", "openvino_model.bin", "export.json"])
def test_a_broken_artifact_is_made_anew(bert, tmp_path, monkeypatch, broken):
    with torch.inference_mode():
        opened(bert)(**ids(2, 5))
        shutil.copytree(Store().root, tmp_path / "copy")
        monkeypatch.setenv("SKILLSET_ARTIFACTS", str(tmp_path / "copy"))
        files = list(Store().root.rglob(broken))
        assert files
        for file in files:
            file.write_bytes(b"broken")
        model = opened(bert)
        torch.testing.assert_close(
            model(**ids(2, 5)).logits, reference(bert)(**ids(2, 5)).logits, atol=1e-4, rtol=1e-4
        )
    assert exported.ran(model) == ("model",)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), MemoryError()])
def test_a_full_disk_or_memory_is_told_and_not_kept_as_a_failure(bert, store, monkeypatch, error):
    def full(*given):
        raise error

    with monkeypatch.context() as patch, torch.inference_mode(), pytest.raises(type(error)):
        patch.setattr(exported.exporting, "export", full)
        opened(bert)(**ids(2, 5))
    assert Store().all() == []
    model = opened(bert)
    with torch.inference_mode():
        model(**ids(2, 5))
    assert exported.ran(model) == ("model",)


def test_why_an_export_failed_is_kept_and_it_is_not_tried_again(bert, store, monkeypatch):
    tries = []

    def fail(engine, module, given, dynamic, folder):
        tries.append(type(module).__name__)
        (folder / "openvino_model.xml").write_text("half of it")
        raise ValueError("no such operator")

    monkeypatch.setattr(exported.exporting, "export", fail)
    for _ in range(2):
        with torch.inference_mode():
            opened(bert)(**ids(2, 5))
    assert tries.count("BertForSequenceClassification") == 2  # open axes, then fixed ones
    records = [json.loads((path / "part.json").read_text()) for path in store.all()]
    assert {record["failure"] for record in records} == {"ValueError: no such operator"}
    assert {file.name for path in store.all() for file in path.iterdir()} == {"part.json"}


def test_threads_that_ask_at_once_share_one_program(bert, store):
    model, wanted = opened(bert), reference(bert)
    asked = [ids(2, 5, seed) for seed in range(8)]
    found = {}

    def ask(number):
        with torch.inference_mode():
            found[number] = model(**asked[number]).logits

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(asked))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(asked)
    with torch.inference_mode():
        for number, logits in found.items():
            torch.testing.assert_close(logits, wanted(**asked[number]).logits, atol=1e-4, rtol=1e-4)
    assert len(programs(model).opened) == 1


def test_an_engine_that_is_absent_is_named(bert, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openvino", None)
    with pytest.raises(SkillsetError, match="openvino cannot be imported"):
        opened(bert)


def test_artifacts_are_written_whole_or_not_at_all(store):
    def fail(folder):
        (folder / "half").write_text("x")
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        store.get("group", "name", fail)
    assert store.all() == []
    assert store.get("group", "name", lambda folder: (folder / "whole").write_text("x")).name == "name"


def test_the_least_recently_used_artifacts_go_first(tmp_path):
    store = Store(tmp_path / "small", limit=250)
    for name in ("a", "b"):
        store.get("group", name, lambda folder: (folder / "data").write_bytes(b"x" * 100))
    os.utime(store.root / "group" / "b", (1, 1))
    store.get("group", "c", lambda folder: (folder / "data").write_bytes(b"x" * 100))
    assert sorted(path.name for path in store.all()) == ["a", "c"]
    assert sum(map(size, store.all())) <= 250
    store.clear()
    assert store.all() == []
