"""Many files in few words: all of a folder, all of a family, or some by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

_NAMED = 4
"""So many files are named one by one."""


def short(paths: Iterable[str], families: Mapping[str, str]) -> str:
    """Like `all 527 skillsets`, or `tests: all 61 of audio, 3 of 150 of vision`.

    `families` has the family of every output that a model type can have.
    """
    by_folder: dict[str, list[str]] = defaultdict(list)
    for path in sorted(paths):
        by_folder[_folder(path)].append(path)
    return "; ".join(_of_folder(folder, found, families) for folder, found in by_folder.items())


def _of_folder(folder: str, paths: list[str], families: Mapping[str, str]) -> str:
    name = folder.removeprefix("generated/")
    known = [path for path in families if _folder(path) == folder]
    missing = sorted(set(known) - set(paths))
    if len(paths) > _NAMED >= len(missing) and set(paths) <= set(known):
        return f"all {len(known)} {name}" + (f" but {_names(missing)}" if missing else "")
    if len(paths) <= _NAMED or not known:
        return f"{name}: {_names(paths)}"
    by_family: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        by_family[families.get(path, "")].append(path)
    totals = {family: sum(families[path] == family for path in known) for family in by_family}
    parts = [_of_family(family, found, totals[family]) for family, found in sorted(by_family.items())]
    return f"{name}: {', '.join(parts)}"


def _of_family(family: str, paths: list[str], total: int) -> str:
    family = family or "no family"
    if len(paths) == total:
        return f"all {total} of {family}"
    named = f" ({_names(paths)})" if len(paths) <= _NAMED else ""
    return f"{len(paths)} of {total} of {family}{named}"


def _names(paths: list[str]) -> str:
    names = [PurePosixPath(path).name for path in paths]
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return " ".join(names[:_NAMED]) + rest


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
