"""What few models are asked about: proteins, trajectories, and the regions that a detector found in an image.

Like the readers in `skillset_runtime.inputs`: one item or a list of items in, a list out, and an
`InputError` that names what was given and what is accepted.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from skillset_runtime.errors import InputError
from skillset_runtime.inputs import as_items, read_series, read_texts

PROTEIN_FORM = '{"aa_seq": residues, "foldseek": as many letters of their fold}'


class RegionQuestion(NamedTuple):
    """What visual-question-answering is asked of a model that is given regions rather than an image."""

    question: str
    features: np.ndarray
    boxes: np.ndarray


class ProteinQuestion(NamedTuple):
    """What protein-text-to-text is asked."""

    text: str
    protein: dict[str, str]


class Trajectory(NamedTuple):
    """What action-prediction is asked: float32 arrays of shape (steps, …) each."""

    states: np.ndarray
    actions: np.ndarray
    returns_to_go: np.ndarray


def read_region_questions(question: Any, features: Any, boxes: Any) -> list[RegionQuestion]:
    """A question and what a detector found in an image: features and a box of each region; or a list of each.

    Boxes are (left, top, right, bottom) as parts of the image's width and height, from 0 to 1.
    """
    questions, found, places = read_texts(question), read_series(features), read_series(boxes)
    if not len(questions) == len(found) == len(places):
        counts = f"{len(questions)} questions, features of {len(found)} images and boxes of {len(places)}"
        raise InputError(f"{counts}; give one of each")
    for regions, rows in zip(found, places, strict=True):
        if len(regions) != len(rows) or rows.shape[1] != 4 or not ((rows >= 0) & (rows <= 1)).all():
            raise InputError("give each region one box of four numbers from 0 to 1")
    return [RegionQuestion(*parts) for parts in zip(questions, found, places, strict=True)]


def read_protein_questions(text: Any, protein: Any) -> list[ProteinQuestion]:
    """A question and the protein it is about, or a list of each."""
    questions, proteins = read_texts(text), as_items(protein, "protein", PROTEIN_FORM)
    if len(questions) != len(proteins):
        raise InputError(f"{len(questions)} texts but {len(proteins)} proteins; give one for each")
    return [ProteinQuestion(*pair) for pair in zip(questions, map(_protein, proteins), strict=True)]


def read_trajectories(states: Any, actions: Any, returns_to_go: Any) -> list[Trajectory]:
    """What was seen and done at each step, and how much is still wanted then; of several, a list of each."""
    parts = [read_series(states), read_series(actions), read_series(returns_to_go)]
    if len({len(part) for part in parts}) > 1:
        raise InputError("give as many lists of states as of actions and of returns_to_go")
    found = [Trajectory(*steps) for steps in zip(*parts, strict=True)]
    for trajectory in found:
        if len({len(part) for part in trajectory}) > 1:
            raise InputError("give a state, an action and a return to go for each step")
    return found


def _protein(value: Any) -> dict[str, str]:
    sequences = [value.get(name) for name in ("aa_seq", "foldseek")] if isinstance(value, dict) else []
    if not sequences or not all(isinstance(sequence, str) and sequence for sequence in sequences):
        raise InputError(f"protein must be {PROTEIN_FORM}, not {value!r}")
    if len(sequences[0]) != len(sequences[1]):
        raise InputError(f"{len(sequences[0])} residues but {len(sequences[1])} letters of their fold")
    return dict(zip(("aa_seq", "foldseek"), sequences, strict=True))
