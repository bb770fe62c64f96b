"""A new release: two small packages, one after the other, and what `doit specs` says of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from generator import derivation, publish, sweep
from generator.errors import ProblemsFound
from generator.graph import prune
from generator.naming import Layout
from generator.sources import source
from generator.sources.changes import changes
from generator.sources.derive import Sources
from generator.sources.library import Library
from generator.sources.source import Transformers
from tests.sources.birds import FILES, PAGE
from tests.sources.conftest import CHECKOUT

LARK = "# Lark\n\n[[autodoc]] LarkConfig\n"
AUTO = "models/auto/auto_mappings.py"
MODELING = "models/auto/modeling_auto.py"


def renewed(files: dict[str, str]) -> dict[str, str]:
    """The next release: wren is gone, lark moved and takes another input, robin is new."""
    new = {path.replace("models/lark/", "models/skylark/"): text for path, text in files.items()}
    for path in (AUTO, MODELING):
        new[path] = new[path].replace('("wren", "WrenConfig")', '("robin", "RobinConfig")')
    new[AUTO] = new[AUTO].replace('("lark_text", "lark")', '("lark", "skylark"), ("lark_text", "skylark")')
    new[MODELING] = new[MODELING].replace('("wren", "WrenForMaskedLM")', '("robin", "RobinForMaskedLM")')
    new["models/robin/configuration_robin.py"] = files["models/wren/configuration_wren.py"].replace(
        "class WrenConfig", '@auto_docstring(checkpoint="birds/robin")\nclass RobinConfig'
    ).replace('"wren"', '"robin"')  # fmt: skip
    new["models/robin/modeling_robin.py"] = files["models/wren/modeling_wren.py"].replace("Wren", "Robin")
    modeling = new["models/skylark/modeling_lark.py"]
    new["models/skylark/modeling_lark.py"] = modeling.replace(
        "self, input_ids: Tensor, pixel_values: Tensor | None = None",
        "self, input_ids: LongTensor, pixel_values: Tensor | None = None, beak: bool = False",
    )
    assert modeling != new["models/skylark/modeling_lark.py"]
    return new


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty checkout with the tasks and families of this one, and two pages of docs."""
    root = tmp_path / "checkout"
    for name in ("families", "hardware", "tasks"):
        shutil.copytree(CHECKOUT / "specs" / name, root / "specs" / name)
    (root / "templates").symlink_to(CHECKOUT / "templates")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "wren.md").write_text(PAGE)
    (tmp_path / "docs" / "lark.md").write_text(LARK)
    return Layout(root)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], Transformers]:
    """Has a release take the place of the installed transformers."""

    def run(files: dict[str, str]) -> Transformers:
        site = tmp_path / f"site-{len(list(tmp_path.iterdir()))}" / "transformers"
        for path, text in files.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_text(text)
        found = Transformers(site)
        monkeypatch.setattr(source, "installed", lambda: found)
        sources = Sources(found, Library(tmp_path / "docs"))
        monkeypatch.setattr(sweep, "sources_of", lambda docs: sources)
        return found

    return run


def derive(layout: Layout) -> list[str]:
    derivation.vocabulary_of.cache_clear()
    told: list[str] = []
    sweep.derive_all(layout, None, lambda *_: None, told.append)
    return told


def after(told: list[str], heading: str) -> str:
    """The line below the one that contains a heading."""
    return told[next(number for number, line in enumerate(told) if heading in line) + 1].strip()


def test_the_first_derivation_tells_what_appeared_and_what_cannot_be_derived(layout: Layout, install) -> None:
    install(FILES)
    told = derive(layout)
    assert after(told, "appeared") == "eldest, lark, wren"
    assert after(told, "cannot be derived: no source names a checkpoint").startswith("swift (")
    assert sorted(path.stem for path in (layout.specs / "models").iterdir()) == ["eldest", "lark", "wren"]


def test_deriving_again_changes_nothing(layout: Layout, install) -> None:
    install(FILES)
    derive(layout)
    before = {path: path.read_bytes() for path in (layout.specs / "models").iterdir()}
    told = derive(layout)
    assert "0 written" in told[0]
    assert not any(word in line for line in told for word in ("appeared", "moved", "changed", "touched"))
    assert {path: path.read_bytes() for path in (layout.specs / "models").iterdir()} == before


def test_a_release_is_told_by_what_it_changed(layout: Layout, install) -> None:
    install(FILES)
    derive(layout)
    wren = layout.model_spec("wren").read_bytes()
    install(renewed(FILES))
    told = derive(layout)
    assert after(told, "appeared") == "robin"
    assert after(told, "vanished") == "wren"
    assert after(told, "moved") == "lark: package: lark → skylark"
    assert after(told, "changed signature") == (
        "lark: image-text-to-text takes: +beak, input_ids (Tensor → LongTensor)"
    )
    assert after(told, "skillsets are touched") == "hf_lark, hf_wren"
    assert layout.model_spec("wren").read_bytes() == wren  # never removed silently


def test_what_vanished_is_pruned_on_request(layout: Layout, install) -> None:
    install(FILES)
    derive(layout)
    outputs = [Layout.test, Layout.expectations, Layout.requirements, Layout.skillset]
    for output in outputs:
        for name in ("lark", "wren"):
            output(layout, name).parent.mkdir(parents=True, exist_ok=True)
            output(layout, name).write_text("x\n")
    assert prune.vanished(layout, prune.installed_types()) == {}

    install(renewed(FILES))
    gone = prune.vanished(layout, prune.installed_types())
    assert list(gone) == ["wren"]
    assert len(gone["wren"]) == 1 + len(outputs)
    publish.prune(gone["wren"], layout)
    assert not layout.model_spec("wren").exists()
    assert not layout.skillset("wren").exists()
    assert layout.skillset("lark").exists()
    assert layout.model_spec("lark").exists()
    assert prune.vanished(layout, prune.installed_types()) == {}


def test_one_broken_page_is_an_error_and_costs_one_type(layout: Layout, install, tmp_path: Path) -> None:
    (tmp_path / "docs" / "wren.md").write_bytes(b"caf\xe9\n")
    install(FILES)
    with pytest.raises(ProblemsFound, match="wren.md:1: is not UTF-8"):
        derive(layout)
    assert [path.stem for path in (layout.specs / "models").iterdir()] == ["lark"]


def test_a_type_that_cannot_be_derived_any_more_keeps_its_spec(layout: Layout, install) -> None:
    install(FILES)
    derive(layout)
    files = {**FILES, MODELING: FILES[MODELING].replace('("lark", "LarkForConditionalGeneration")', "")}
    lark = layout.model_spec("lark").read_bytes()
    install(files)
    told = derive(layout)
    assert after(told, "no task of specs/tasks/ has a head that fits") == "lark (AutoModel)"
    assert after(told, "have a committed spec, which is kept") == "lark"
    assert layout.model_spec("lark").read_bytes() == lark


def test_an_overlay_names_the_checkpoint_that_no_source_does(layout: Layout, install) -> None:
    (layout.specs / "overlays").mkdir()
    layout.overlay("swift").write_text(
        "entries:\n  - reason: the paper names it\n    set: {checkpoint: birds/swift}\n"
    )
    install(FILES)
    derive(layout)
    from generator.specs.catalogue import load_model

    spec = load_model(layout, "swift")
    assert spec.checkpoint == "birds/swift"
    assert spec.provenance["checkpoint"].startswith("overlay specs/overlays/swift.yaml:")
    told = derive(layout)
    assert "0 written" in told[0]


def test_where_a_fact_stands_is_no_change(layout: Layout, install) -> None:
    install(FILES)
    derive(layout)
    from generator.specs.catalogue import load_model

    wren = load_model(layout, "wren")
    elsewhere = wren.model_copy(
        update={"provenance": {**wren.provenance, "title": "docs model_doc/wren.md:99"}}
    )
    assert not changes(wren, elsewhere)
    assert changes(wren, wren.model_copy(update={"title": "x"})).facts == ("title",)


def test_changes_name_processors_heads_and_tasks(layout: Layout, install) -> None:
    install(FILES)
    derive(layout)
    from generator.specs.catalogue import load_model

    lark = load_model(layout, "lark")
    image, *others = sorted(lark.processors, key=lambda item: item.backend != "pil")
    renamed = lark.model_copy(
        update={
            "processors": (image.model_copy(update={"class_name": "Eye"}), *others),
            "heads": {"AutoModel": "LarkModel"},
            "requires": ("timm",),
        }
    )
    signature = changes(lark, renamed).signature
    assert f"processors: image_processor/pil ({image.class_name} → Eye)" in signature
    assert "requires: +timm" in signature
    assert "heads: -AutoModelForImageTextToText" in signature
