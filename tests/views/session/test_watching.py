from tests.views.session.runs import metric, write_data, write_preview, write_run
from vitsci_viz.training.run_folder import append_metrics
from vitsci_viz.views.session.run_book import RunBook
from vitsci_viz.views.session.watching import Watch


def test_only_what_has_changed_is_made_anew(tmp_path):
    run = write_run(tmp_path / "runs" / "a", steps=4, state="running")
    watch = Watch(RunBook(tmp_path / "runs"))
    assert watch.look().watched is None
    watch.name = "a"
    first, second = watch.look().watched, watch.look().watched
    assert first.curves is second.curves
    assert first.previews is second.previews
    assert first.classes == ("background", "disc")
    append_metrics(run, metric(5))
    write_preview(run, write_data(tmp_path / "tiles"), step=4)
    third = watch.look().watched
    assert third.curves.step.tolist() == [1, 2, 3, 4, 5]
    assert len(third.previews) == 1


def test_a_run_of_an_unknown_name_is_not_watched(tmp_path):
    watch = Watch(RunBook(tmp_path))
    watch.name = "absent"
    assert watch.look().watched is None
