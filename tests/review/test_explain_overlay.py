"""`explain` on a skillset with a code overlay: the lines of the overlay, and those of the templates."""

from __future__ import annotations

from pathlib import Path, PurePath

import libcst as cst

from generator import plan
from generator.code_overlay import pins, scopes
from generator.review.explain import NO_TEMPLATE, Explainer
from tests.review.overlaid import checkout, skillset

OVERLAY = '''"""BERT hears accents."""

from unicodedata import normalize

from generator.code_overlay import Generated, adds, wraps


class FillMask(Generated):
    @wraps("{pin}")
    def answer(self, texts, *, top_k=5):
        cleaned = [normalize("NFC", text) for text in texts]
        return self.generated_answer(cleaned, top_k=top_k)

    @adds()
    def sorted_fills(self, items):
        # by score
        return sorted(items)
'''


def test_each_line_has_the_overlay_or_the_template_that_wrote_it(tmp_path: Path) -> None:
    layout = checkout(tmp_path / "checkout", "bert")
    text = plan.write_skillset(layout, "bert").text
    classes = scopes.named(cst.parse_module(text).body)
    pin = pins.pin_of(scopes.named(classes["FillMask"].body.body)["answer"])
    overlay = OVERLAY.format(pin=pin)
    layout.code_overlay("bert").write_text(overlay)
    explanation = Explainer(layout).explain(
        PurePath("generated/skillsets/hf_bert.py"), skillset(layout, "bert")
    )
    assert explanation.planned
    lines = {line.text.strip(): line for line in explanation.lines}
    for number, written in enumerate(overlay.splitlines(), 1):
        if written.strip() and number not in (1, 5, 8, 9, 14):  # what only an overlay has
            source = lines[written.strip()].sources[0]
            assert (source.path, source.line) == ("specs/overlays/bert.py", number)
    moved = lines["def generated_answer(self, texts: list[str], *, top_k: int = 5):"]
    assert moved.notes == (NO_TEMPLATE,)
    kept = lines["probabilities = self.model(**inputs).logits.softmax(-1)"].sources[0]
    assert kept.path == "templates/skillsets/tasks/fill_mask.py.j2"
