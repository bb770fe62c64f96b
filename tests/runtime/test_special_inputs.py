"""What few models are asked about: read alone or in lists, and refused where parts do not fit each other."""

from __future__ import annotations

import numpy as np
import pytest

from skillset_runtime.errors import InputError
from skillset_runtime.inputs import spaced_words
from skillset_runtime.special_inputs import (
    read_protein_questions,
    read_region_questions,
    read_trajectories,
)

PROTEIN = {"aa_seq": "MKTAY", "foldseek": "dpqvl"}
STATES, ACTIONS, RETURNS = np.ones((3, 5)), np.zeros((3, 2)), [3.0, 2.0, 1.0]
FEATURES, BOXES = np.ones((2, 7)), [[0.0, 0.0, 0.5, 1.0], [0.5, 0.0, 1.0, 1.0]]


def test_a_protein_alone_and_a_list_of_them():
    assert read_protein_questions("What is it?", PROTEIN) == [("What is it?", PROTEIN)]
    assert len(read_protein_questions(["a", "b"], [PROTEIN, PROTEIN])) == 2


@pytest.mark.parametrize(
    "text, protein",
    [
        ("What is it?", None),
        ("What is it?", {"aa_seq": "MKTAY"}),
        ("What is it?", {**PROTEIN, "foldseek": "dp"}),
        (["a", "b"], [PROTEIN]),
    ],
)
def test_a_protein_without_the_letters_of_its_fold_is_refused(text, protein):
    with pytest.raises(InputError):
        read_protein_questions(text, protein)


def test_a_trajectory_alone_and_a_list_of_them():
    [alone] = read_trajectories(STATES, ACTIONS, RETURNS)
    assert [part.shape for part in alone] == [(3, 5), (3, 2), (3, 1)]
    assert len(read_trajectories([STATES] * 2, [ACTIONS] * 2, [np.ones((3, 1))] * 2)) == 2


def test_a_trajectory_has_an_action_and_a_return_for_each_step():
    with pytest.raises(InputError, match="each step"):
        read_trajectories(STATES, ACTIONS[:2], RETURNS)
    with pytest.raises(InputError, match="as many lists"):
        read_trajectories([STATES] * 2, ACTIONS, RETURNS)


def test_regions_have_a_box_each():
    [alone] = read_region_questions("What is it?", FEATURES, BOXES)
    assert alone.features.shape == (2, 7)
    for boxes in (BOXES[:1], [[0, 0, 50, 100]] * 2, [[0.0, 0.5]] * 2):
        with pytest.raises(InputError, match="box"):
            read_region_questions("What is it?", FEATURES, boxes)


def test_words_keep_the_space_before_them():
    text = "The cat,\n sat "
    assert spaced_words(text) == ["The", " cat,", "\n sat"]
