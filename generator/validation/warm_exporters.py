"""What exporting a model imports besides: its exporters, and the models whose classes they patch."""

from __future__ import annotations

import contextlib
import gc
import importlib

with contextlib.suppress(ImportError):  # where an engine is absent nothing is exported
    for backend in ("onnx", "openvino"):
        importlib.import_module(f"transformers.exporters.exporter_{backend}")
    utils = importlib.import_module("transformers.exporters.utils")
    for backend in ("dynamo", "onnx", "openvino"):
        with utils.apply_patches(backend):
            pass

gc.disable()  # collecting takes a sixth of an export, and a child soon ends
