"""The ONNX programs of a skillset's model, for ONNX Runtime Web to run in a browser:

    python -m skillset_runtime.web hf_bert.py CHECKPOINT FOLDER [--task fill-mask] [--target webnn]

Each part of the model that is called by itself (all of it, or an encoder and a decoder) is a program. It is
made from the calls that answer the task's example, and compared with torch on this machine's processor.
`programs.json` says what each takes and gives.
"""

from __future__ import annotations

import argparse
import inspect
import itertools
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from skillset_runtime import exporting, sessions
from skillset_runtime.artifacts import Store
from skillset_runtime.errors import SkillsetError
from skillset_runtime.exported import Parts
from skillset_runtime.handler import Handler
from skillset_runtime.importing import skillset_class
from skillset_runtime.programs import Kept
from skillset_runtime.targets import TARGETS

INDEX = "programs.json"
_TOKENS = {"max_new_tokens": 3}
"""Enough for a program of the first step and one of those after it."""


def write(handler: Handler, folder: Path, static: bool) -> list[dict[str, Any]]:
    """Write the programs of a handler's model, which torch runs here; returns what `programs.json` says.

    With `static` they take inputs of one size, as WebNN wants it; else as many sizes as the exporter can.
    Raises `SkillsetError` if the folder holds something, or if no part of the model can be exported.
    """
    if folder.exists() and any(folder.iterdir()):
        raise SkillsetError(f"{folder} is not empty; give a new folder")
    with tempfile.TemporaryDirectory() as store:
        kept = _exported(handler, Store(Path(store)), static)
        if all(each.failure for each in kept):
            why = kept[0].failure if kept else "its model was not called"
            raise SkillsetError(f"{type(handler).__name__} cannot be exported: {why}")
        index = [_placed(each, folder) for each in kept]
    (folder / INDEX).write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    return index


def _exported(handler: Handler, store: Store, static: bool) -> list[Kept]:
    engine = exporting.engine("onnx", "float32")
    engine.versions()
    model = handler.model
    parts = Parts(handler.torch, model, lambda: model, engine, sessions.CPU, "web", store, static)
    items, parameters = handler.parse((), handler.example())
    if "max_new_tokens" in inspect.signature(handler.answer).parameters:
        parameters |= _TOKENS
    # Of one item alone no number of items could be left open.
    handler.answers(items if static else items * 2, parameters)
    return parts.programs.kept


def _placed(kept: Kept, folder: Path) -> dict[str, Any]:
    part = kept.part or "model"
    if kept.failure:
        return {"part": part, "failure": kept.failure}
    name = next(each for each in _names(part) if not (folder / each).exists())
    (folder / name).mkdir(parents=True)
    for file in kept.folder.glob("model.onnx*"):
        shutil.copy(file, folder / name / file.name)
    takes = {path: list(sizes) for path, _, sizes in kept.form.tensors}
    form = kept.form
    told = {"takes": takes, "constants": dict(form.constants), "conditions": list(form.conditions)}
    return {"part": part, "file": f"{name}/model.onnx", **told, **_ends(folder / name / "model.onnx")}


def _names(part: str) -> Iterator[str]:
    """Names for the programs of a part: its own, and then with a number."""
    yield part
    yield from (f"{part}-{number}" for number in itertools.count(2))


def _ends(path: Path) -> dict[str, Any]:
    """What a checked graph takes and gives; None for a size that is open."""
    import onnx

    onnx.checker.check_model(str(path))
    graph = onnx.load(str(path), load_external_data=False).graph
    return {
        "inputs": [_end(value) for value in graph.input],
        "outputs": [_end(value) for value in graph.output],
    }


def _end(value: Any) -> dict[str, Any]:
    import onnx

    tensor = value.type.tensor_type
    sizes = [size.dim_value if size.HasField("dim_value") else None for size in tensor.shape.dim]
    return {
        "name": value.name,
        "type": onnx.TensorProto.DataType.Name(tensor.elem_type).lower(),
        "sizes": sizes,
    }


def _shown(program: dict[str, Any]) -> str:
    if "failure" in program:
        return f"{program['part']}: not exported: {program['failure']}"
    sizes = (f"{end['name']} {'x'.join(str(n or '?') for n in end['sizes'])}" for end in program["inputs"])
    return f"{program['file']}: {', '.join(sizes)}"


def main(words: Sequence[str] | None = None) -> int:
    browsers = [name for name, target in TARGETS.items() if target.engine == "browser"]
    parser = argparse.ArgumentParser(
        prog="python -m skillset_runtime.web",
        description="Write the ONNX programs of a skillset's model, for ONNX Runtime Web.",
    )
    parser.add_argument("skillset", type=Path, help="the skillset's file")
    parser.add_argument("checkpoint", help="a folder, or a name on the Hub")
    parser.add_argument("folder", type=Path, help="where to write; new or empty")
    parser.add_argument("--task", help="default: the skillset's own")
    parser.add_argument("--target", choices=browsers, default="webgpu")
    chosen = parser.parse_args(words)
    try:
        skillset = skillset_class(chosen.skillset)(metadata={"task": chosen.task})
        handler = skillset.open("cpu", chosen.checkpoint)[2]
        programs = write(handler, chosen.folder, TARGETS[chosen.target].static)
    except SkillsetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("\n".join(map(_shown, programs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
