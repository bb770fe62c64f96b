"""Whatever is in a YAML file, a docs page or a name: plain data, or refused, and never a path elsewhere."""

from __future__ import annotations

import json
import keyword
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hostile_strings import PATHS, assert_explained, assert_same_code, hostile, many
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from test_hostile_facts import LAYOUT, drafts, load, made, untransformed

from generator import naming
from generator.errors import ProblemsFound
from generator.naming import Layout
from generator.publish import _inside
from generator.sources import docs
from generator.sources.derive import Sources, derive_from
from generator.sources.dump import dump
from generator.specs import catalogue, yaml_source
from generator.specs.schema import Identifier, Name

__all__ = ["untransformed"]

PLAIN_TYPES = (dict, list, str, int, float, bool, type(None))
lines = st.lists(st.one_of(hostile, st.sampled_from(["a: b", "a:", "- x", "  b: 1", '"k": "v"'])), max_size=6)


def is_plain(data: object) -> bool:
    parts = list(data.values()) if isinstance(data, dict) else data if isinstance(data, list) else []
    return type(data) in PLAIN_TYPES and all(map(is_plain, parts))


@many("yaml")
@given(
    st.one_of(
        lines.map("\n".join), hostile.map(lambda text: f"a: {text}"), hostile.map(lambda text: f"{text}: a")
    )
)
def test_yaml_is_plain_data_or_refused(text):
    try:
        data = yaml_source.parse(text.encode("utf-8", "surrogatepass"), "specs/models/x.yaml").data
    except ProblemsFound as found:
        assert_explained(found)
    else:
        assert is_plain(data)
        json.dumps(data)


@many("quoted")
@given(hostile)
def test_a_string_in_quotes_is_that_string_or_refused(text):
    written = f"a: {json.dumps(text)}\n".encode()
    try:
        assert yaml_source.parse(written, "specs/models/x.yaml").data == {"a": text}
    except ProblemsFound as found:
        assert_explained(found)


@many("paths")
@given(st.one_of(hostile, st.sampled_from(PATHS).flatmap(lambda path: hostile.map(lambda text: path + text))))
def test_a_name_stays_in_its_folder_or_is_refused(name):
    """The names of specs become names of files, and of a class."""
    layout = Layout(Path("/checkout"))
    if not naming.is_safe_name(name):
        return
    for path_of in (Layout.skillset, Layout.test, Layout.expectations, Layout.requirements, Layout.matrix):
        path = path_of(layout, name)
        assert path.parent.parent == layout.generated and path.name.isascii() and path.name.isprintable()
        assert _inside(path, layout.generated, layout.root) == path
    assert naming.skillset_name(name).isidentifier()


@many("types")
@given(hostile)
def test_a_name_or_an_identifier_is_one_or_is_refused(text):
    """What the types of the schema let through, in every field that is declared with them."""
    if _accepts(Name, text):
        assert text.isascii() and text.isprintable() and text[0].isalnum() and not set(text) & set("/\\ :~")
    if _accepts(Identifier, text):
        assert text.isidentifier() and text.isascii() and not keyword.iskeyword(text)
        assert not (text.startswith("__") and text.endswith("__"))


def _accepts(kind: object, text: str) -> bool:
    try:
        TypeAdapter(kind).validate_python(text)
    except ValidationError:
        return False
    return True


@dataclass(frozen=True)
class OnePage:
    """Where pages are found; here there is one, about everything."""

    page: docs.DocsPage

    def page_about(self, *_: str) -> docs.DocsPage:
        return self.page


@st.composite
def pages(draw: st.DrawFn) -> str:
    """A page as those of the docs are, with something hostile in each place of it."""
    title, checkpoint, url, option, free = (draw(hostile) for _ in range(5))
    code = draw(st.sampled_from([repr(checkpoint), f'"{checkpoint}"', f'"""{checkpoint}"""', checkpoint]))
    dates = draw(st.sampled_from(["2020-01-02", title]))
    return f"""<!--Copyright-->
*This model was released on {dates} and added to Hugging Face Transformers on {dates}.*

# {title}

[{free}](https://huggingface.co/papers/{url}) `{free}` ``{title}``

<hfoption id="{option}">

```python
from transformers import AutoModel, pipeline
pipeline("time-series-forecasting", model={code})
model = PatchTSTModel.from_pretrained({code})
```

</hfoption>

> [!TIP]
> {free}

[[autodoc]] PatchTSTModel
    - {option}
"""


@cache
def vocabulary():
    families, tasks, _ = catalogue.load_vocabulary(LAYOUT)
    return tasks, families


@many("docs")
@given(pages())
def test_a_docs_page_is_refused_or_inert(untransformed, text):
    """From the page to a spec, to its file, to the spec that is loaded from that, to the files made of it."""
    tasks, families = vocabulary()
    previous = catalogue.load_model(LAYOUT, "patchtst")
    try:
        page = docs.parse(text.encode("utf-8", "surrogatepass"), "patchtst", "model_doc/patchtst.md")
        spec = derive_from(Sources(None, OnePage(page)), "patchtst", previous, tasks, families).spec
        written = dump(spec).encode("utf-8", "surrogatepass")
        loaded = load("patchtst", yaml_source.parse(written, "specs/models/patchtst.yaml").data)
    except ProblemsFound as found:
        assert_explained(found)
        return
    assert loaded == spec
    for file, plain in zip(made(loaded), drafts("patchtst", None, False), strict=True):
        assert_same_code(file, plain, spec.title, previous.title)
