import json

from vitsci_viz.training.run_folder import RunFolder, append_metrics, write_facts
from vitsci_viz.views.session.runs import best_val_dice, find_runs

FACTS = {
    "state": "done",
    "classes": ["background", "gland"],
    "spec": {"architecture": "vit", "width": 192, "depth": 12, "head": "unetr", "patch_size": [4, 4]},
}


def make_run(folder, *, checkpoint="best", **facts):
    folder.mkdir(parents=True)
    run = RunFolder(folder)
    write_facts(run, {**FACTS, **facts})
    if checkpoint:
        run.checkpoints.mkdir()
        (run.checkpoints / checkpoint).write_bytes(b"weights")
    return run


def test_runs_are_found_at_any_depth_the_newest_first(tmp_path):
    import os

    for age, name in enumerate(("new", "deep/er/old")):
        run = make_run(tmp_path / name)
        for path in (run.facts, run.checkpoints / "best"):
            os.utime(path, (1e9 - age, 1e9 - age))
    (tmp_path / "images").mkdir()
    found = find_runs([tmp_path])
    assert [run.name for run in found] == ["new", "deep/er/old"]
    assert found[0].model == "ViT 192 x 12, UNETR-type decoder, patch 4"
    assert (found[0].state, found[0].classes, found[0].problem) == ("done", ("background", "gland"), "")


def test_a_run_below_two_roots_is_named_once_and_inside_a_run_nothing_is_looked_for(tmp_path):
    make_run(tmp_path / "runs" / "one")
    make_run(tmp_path / "runs" / "one" / "previews" / "not_a_run")
    assert len(find_runs([tmp_path, tmp_path / "runs"])) == 1


def test_runs_of_one_name_below_two_roots_are_told_apart(tmp_path):
    for root in ("first", "second"):
        make_run(tmp_path / root / "tiny")
    found = find_runs([tmp_path / "first", tmp_path / "second"])
    assert {run.name for run in found} == {"tiny", "second/tiny"}


def test_runs_that_cannot_be_used_say_why(tmp_path):
    make_run(tmp_path / "waiting", checkpoint=None)
    damaged = make_run(tmp_path / "damaged")
    damaged.facts.write_text("{")
    foreign = make_run(tmp_path / "foreign")
    foreign.facts.write_text(json.dumps({"format": 99}))
    found = {run.name: run.problem for run in find_runs([tmp_path])}
    assert "no checkpoint yet" in found["waiting"]
    assert "damaged" in found["damaged"]
    assert "format 99" in found["foreign"]
    assert not any(str(tmp_path) in problem for problem in found.values())


def test_links_that_lead_out_of_the_root_are_not_followed(tmp_path):
    make_run(tmp_path / "outside" / "run")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "outside")
    assert find_runs([tmp_path / "root"]) == ()
    assert find_runs([tmp_path / "absent"]) == ()


def test_the_best_validation_is_read_from_the_metrics(tmp_path):
    run = make_run(tmp_path / "run")
    assert best_val_dice(run) is None
    for step, value in enumerate((None, 0.4, 0.7, float("nan"), 0.6)):
        append_metrics(run, {"step": step, "val_dice": value})
    assert best_val_dice(run) == 0.7
