from pathlib import Path

import pytest

from vitsci_viz.errors import OptionError
from vitsci_viz.views.panel_app.segment_runs import KnownRuns
from vitsci_viz.views.session.runs import RunSummary


def summary(name: str, problem: str = "") -> RunSummary:
    given = {"name": name, "path": Path("runs") / name, "problem": problem}
    fields = RunSummary.__dataclass_fields__
    return RunSummary(**{each: given.get(each, ("", "disc") if each == "classes" else "") for each in fields})


def test_runs_that_cannot_predict_are_known_and_refused_with_their_reason():
    known = KnownRuns()
    assert [run.name for run in known.take([summary("good"), summary("bad", "no checkpoint")])] == ["good"]
    assert known.usable("good").path == Path("runs/good")
    with pytest.raises(OptionError, match="bad cannot predict: no checkpoint"):
        known.usable("bad")
    with pytest.raises(OptionError, match="there is no run gone"):
        known.usable("gone")


def test_folders_and_facts_are_of_runs_that_are_known():
    known = KnownRuns()
    known.take([summary("good")])
    assert known.folders("good", "gone", "") == [Path("runs/good")]
    assert known.facts("good") == "disc"
    assert known.facts("gone") == ""


def test_looking_again_forgets_runs_that_are_gone():
    known = KnownRuns()
    known.take([summary("old")])
    known.take([summary("new")])
    assert known.folders("old", "new") == [Path("runs/new")]
