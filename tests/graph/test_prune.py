"""`prune`: what this toolchain wrote and no spec owns goes, on request; nothing that a person wrote does."""

from __future__ import annotations

import json
from pathlib import Path

from generator import manifest
from generator.errors import EXIT_CLEAN, EXIT_DRIFT
from generator.graph.build import Build
from generator.graph.models import Models
from generator.graph.prune import Leftover, leftovers
from generator.graph.steps import STEPS, new_pool
from generator.naming import Layout
from generator.publish import publish
from tests.graph.project import Project

OF_ALPHA = [
    "generated/expectations/alpha.yaml",
    "generated/requirements/alpha.yaml",
    "generated/skillsets/hf_alpha.py",
    "generated/tests/test_hf_alpha.py",
]


def test_outputs_of_a_removed_spec_are_reported_and_removed_on_request(built: Project):
    before = built.tree()
    (built.root / "specs/models/alpha.yaml").unlink()
    built.write("generated/skillsets/notes.txt", "mine\n")
    ran = built.doit()
    assert ran.code == 0 and "doit prune" in ran.out, ran
    listed = built.doit("prune")
    assert "generated/skillsets/hf_alpha.py" in listed.out
    assert built.tree().keys() == before.keys() | {"generated/skillsets/notes.txt"}
    pruned = built.doit("prune", "--yes")
    assert (listed.code, pruned.code) == (1, 0), pruned
    left = built.tree()
    assert not [path for path in left if "alpha" in path]
    assert "generated/skillsets/notes.txt" in left and "generated/skillsets/hf_beta.py" in left
    assert "prune" not in built.doit().out


def test_a_spec_that_went_bad_keeps_its_outputs(built: Project):
    built.write("specs/models/alpha.yaml", "no: family\n")
    assert "alpha" not in built.doit("prune").out


def test_nothing_is_left_over(built: Project):
    ran = built.doit("prune")
    assert (ran.code, ran.err) == (EXIT_CLEAN, ""), ran
    assert ran.out == "every generated file belongs to a spec, and every spec to a type of transformers\n"


def test_what_was_changed_by_hand_is_listed_and_stays(built: Project):
    (built.root / "specs/models/alpha.yaml").unlink()
    built.append(OF_ALPHA[2], "# mine\n")
    before = built.tree()
    listed = built.doit("prune", "--json")
    assert built.tree() == before
    assert json.loads(listed.out)["leftovers"] == [
        {"path": path, "reason": "no spec owns it", "by_hand": path == OF_ALPHA[2], "removed": False}
        for path in OF_ALPHA
    ]
    pruned = built.doit("prune", "--yes")
    assert pruned.code == EXIT_DRIFT and f"rm {OF_ALPHA[2]}" in pruned.out, pruned
    assert [path for path in OF_ALPHA if (built.root / path).exists()] == [OF_ALPHA[2]]
    again = json.loads(built.doit("prune", "--yes", "--json").out)["leftovers"]
    assert [each["path"] for each in again] == [OF_ALPHA[2]]
    (built.root / OF_ALPHA[2]).unlink()
    assert built.doit("prune").code == EXIT_CLEAN


def test_what_is_in_no_line_of_the_manifest_is_nobodys_to_remove(built: Project):
    (built.root / "specs/models/alpha.yaml").unlink()
    (built.root / "generated/SHA256SUMS").unlink()
    assert built.doit("prune", "--yes").code == EXIT_CLEAN
    assert all((built.root / path).exists() for path in OF_ALPHA)


def test_a_manifest_cannot_have_a_file_elsewhere_removed(built: Project):
    """A pull request could hold such a line."""
    built.write("precious.txt", "mine\n")
    digest = manifest.digest(b"mine\n")
    for path in (
        "../precious.txt",
        "tests/../../precious.txt",
        f"{built.root}/precious.txt",
        "./../precious.txt",
    ):
        built.append("generated/SHA256SUMS", f"{digest}  {path}\n")
    ran = built.doit("prune", "--yes")
    assert (built.root / "precious.txt").exists() and ran.code == EXIT_CLEAN, ran


def test_it_waits_for_a_run_that_is_at_work(built: Project):
    built.append("specs/models/beta.yaml", "sleep: 1\n")
    (built.root / "specs/models/alpha.yaml").unlink()
    run = built.start("tests:beta")
    while "tests:beta" not in built.executed()[20:]:
        pass
    pruned = built.doit("prune", "--yes")
    assert run.poll() is not None or run.wait(5) == 0
    assert pruned.code == EXIT_CLEAN and "waiting for it to finish" in pruned.err, pruned


def test_a_type_that_transformers_dropped_is_listed_with_its_specs(tmp_path: Path):
    layout = Layout(tmp_path)
    for path in (layout.model_spec("wren"), layout.overlay("wren"), layout.model_spec("lark")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")
    publish({layout.skillset("wren"): b"x", layout.test("wren"): b"x"}, layout)
    layout.test("wren").write_bytes(b"mine")
    build = Build(tmp_path, STEPS, lambda _: Models({}), new_pool, lambda: {"lark"})
    build.orphans = tuple
    reason = 'transformers has no type "wren"'
    assert leftovers(build) == [
        Leftover("generated/skillsets/hf_wren.py", reason, by_hand=False),
        Leftover("generated/tests/test_hf_wren.py", reason, by_hand=True),
        Leftover("specs/models/wren.yaml", reason, by_hand=False),
        Leftover("specs/overlays/wren.yaml", reason, by_hand=False),
    ]
