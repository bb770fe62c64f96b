"""Grouping hunks: names make no difference, edits do, and every changed line is in exactly one of them."""

from __future__ import annotations

import string
from collections import Counter

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from generator.review import hunks
from generator.review.differences import Difference
from generator.review.names import Name, Names, shown

NAMES = st.text(string.ascii_lowercase, min_size=7, max_size=12).filter(lambda name: name not in "template")
WORDS = st.sampled_from(["alpha", "beta", "{name}", "{name}.yaml", "x = 1", "", "    return {name}"])
BODY = st.lists(WORDS, min_size=1, max_size=8)


def _file(name: str, old: list[str], new: list[str]) -> Difference:
    def written(lines: list[str]) -> str:
        return "".join(line.replace("{name}", name) + "\n" for line in lines)

    return Difference(f"generated/skillsets/hf_{name}.py", written(old), written(new))


def _names(*names: str) -> dict[str, Names]:
    return {f"generated/skillsets/hf_{name}.py": Names((Name(name, "model_type"),)) for name in names}


def _all_hunks(groups: list[hunks.Group]) -> list[hunks.Hunk]:
    return [hunk for group in groups for edit in group.edits for hunk in edit.hunks]


@given(BODY, BODY, st.lists(NAMES, min_size=2, max_size=5, unique=True))
@settings(deadline=None)
def test_the_name_of_the_model_makes_no_difference(old: list[str], new: list[str], names: list[str]):
    files = [_file(name, old, new) for name in names]
    for hunk in _all_hunks(hunks.group(files, _names(*names))):
        assert Counter(path for path, _ in hunk.places).keys() == {file.path for file in files}
        assert not any(name in line for line in (*hunk.old, *hunk.new) for name in names)


@given(BODY, BODY, BODY, BODY, NAMES, NAMES)
@settings(deadline=None)
def test_different_edits_are_different_hunks(
    old: list[str], new: list[str], other_old: list[str], other_new: list[str], name: str, other: str
):
    assume(name != other)
    files = [_file(name, old, new), _file(other, other_old, other_new)]
    for hunk in _all_hunks(hunks.group(files, _names(name, other))):
        for path, line in hunk.places:
            file = next(file for file in files if file.path == path)
            own = name if file is files[0] else other
            block = next(block for block in file.blocks if block.new_start + 1 == line)
            for told, lines in ((hunk.old, block.old), (hunk.new, block.new)):
                assert tuple(each.replace("<model_type>", own) for each in told) == lines


@given(st.lists(st.tuples(NAMES, BODY, BODY), min_size=1, max_size=5, unique_by=lambda each: each[0]))
@settings(deadline=None)
def test_every_changed_line_is_in_exactly_one_hunk(given_files: list[tuple[str, list[str], list[str]]]):
    files = [_file(*each) for each in given_files]
    found = _all_hunks(hunks.group(files, _names(*(name for name, _, _ in given_files))))
    for file in files:
        mine = [hunk for hunk in found for path, _ in hunk.places if path == file.path]
        assert sum(len(hunk.old) for hunk in mine) == file.removed
        assert sum(len(hunk.new) for hunk in mine) == file.added
    places = [place for hunk in found for place in hunk.places]
    assert len(places) == sum(len(file.blocks) for file in files)


def test_a_name_that_is_also_a_word_is_no_name_where_all_others_say_it_too():
    files = [_file(name, ["{name}"], ["{name}", "loads 8 bit"]) for name in ("bertlike", "bit", "gptlike")]
    (hunk,) = _all_hunks(hunks.group(files, _names("bertlike", "bit", "gptlike")))
    assert hunk.new == ("loads 8 bit\n",)
    assert len(hunk.files) == 3


def test_a_text_like_a_stand_in_is_no_name():
    files = [_file("bertlike", [], ["{name}"]), _file("gptlike", [], ["<model_type>"])]
    found = _all_hunks(hunks.group(files, _names("bertlike", "gptlike")))
    assert [hunk.new for hunk in found] == [("<model_type>\n",)] * 2
    assert shown("\0model_type\0") == "<model_type>"


def test_one_edit_among_many_others_words_is_one_edit():
    """A line of every task, changed in one word: each line is a hunk, and all are one edit."""
    tasks = ("fill-mask", "object-detection", "text-generation")
    files = [_file(f"model{n}", [f"Returns the {t}."], [f"Gives the {t}."]) for n, t in enumerate(tasks)]
    (group,) = hunks.group(files, {})
    (edit,) = group.edits
    assert len(edit.hunks) == 3
    assert len(edit.files) == 3


def test_breaking_a_long_line_makes_no_other_edit():
    names = {
        f"generated/skillsets/hf_{n}.py": Names((), (Name("Fill", "T"), Name("Detect", "T"))) for n in "ab"
    }
    files = [
        _file("a", ["x", "    a = f(1, Fill)"], ["x"]),
        _file("b", ["x", "    a = f(", "        1,", "        Detect,", "    )"], ["x"]),
    ]
    (group,) = hunks.group(files, names)
    assert len(group.edits) == 1


def test_the_odd_ones_are_apart():
    files = [_file(f"m{number}", ["a"], ["b"]) for number in range(20)] + [_file("odd", ["a"], ["c"])]
    groups = hunks.group(files, {})
    assert [(len(group.files), group.odd) for group in groups] == [(20, False), (1, True)]
