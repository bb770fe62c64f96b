"""Detection tries each target in a process of its own; no library can break it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
import torch

from skillset_runtime import detection
from skillset_runtime.probes import PROBES

ROOT = Path(__file__).parents[2]


@pytest.fixture
def broken_openvino(tmp_path, monkeypatch):
    """A function that puts an `openvino` with some source before any real one."""

    def put(source: str):
        (tmp_path / "openvino.py").write_text(source)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
        return detection.detect(["openvino"], seconds=20)[0]

    return put


def test_the_processor_is_found_with_what_ran_on_it():
    (found,) = detection.detect(["cpu"])
    assert found.available and found.devices[0].id == "cpu" and found.devices[0].memory > 2**28
    assert "float32" in found.precisions and found.versions == {"torch": torch.__version__}


def test_a_target_is_available_only_with_a_device_that_worked():
    for found in detection.detect():
        assert found.available == bool(found.devices) == (found.reason is None)
    assert not torch.cuda.is_available() or any(t.available for t in detection.detect(["cuda", "rocm"]))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("print('hello')\nraise ValueError('no plugin')", "ValueError: no plugin"),
        ("import sys; print('x' * 10**6); sys.exit('gave up')", "ended with 1: gave up"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashed (SIGSEGV)"),
        ("import missing_dependency", "No module named 'missing_dependency'"),
        ("", "has no attribute 'Core'"),
        ("raise ImportError('libcuda.so.1: cannot open')", "libcuda.so.1"),
    ],
)
def test_a_broken_library_is_a_reason(broken_openvino, source, reason):
    found = broken_openvino(source)
    assert not found.available
    assert reason in found.reason


def test_a_library_that_hangs_costs_its_time_limit(tmp_path, monkeypatch):
    (tmp_path / "openvino.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    start = time.monotonic()
    hung, webnn = detection.detect(["openvino", "webnn"], seconds=3)
    assert "no answer within 3 s" in hung.reason and not webnn.available
    assert time.monotonic() - start < 20


def test_the_command_says_the_same_as_a_table_and_as_json(capsys):
    assert detection.main(["cpu", "webgpu", "--json"]) == 0
    cpu, webgpu = json.loads(capsys.readouterr().out)
    assert cpu["available"] and cpu["devices"][0]["id"] == "cpu"
    assert not webgpu["available"] and "browser" in webgpu["reason"]
    assert detection.main(["cpu", "webgpu"]) == 0
    title, *lines = capsys.readouterr().out.splitlines()
    assert title.startswith("target") and [line.split()[0] for line in lines] == ["cpu", "webgpu"]


def test_an_unknown_target_is_named(capsys):
    with pytest.raises(SystemExit) as ended:
        detection.main(["cpu", "tpu"])
    assert ended.value.code == 2 and "unknown target tpu" in capsys.readouterr().err
    assert set(PROBES) >= {"cpu", "cuda", "rocm", "mps", "onnx", "openvino", "qualcomm", "webnn", "webgpu"}
