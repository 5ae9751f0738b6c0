"""An open scan as it is looked at: slices that follow the axis, sinograms kept, previews, links."""

import threading
import time

import numpy as np
import pytest

from tests.reconstruction.counted import angles, counted, exact
from vitsci_viz.errors import Cancelled, InputError, OptionError
from vitsci_viz.reconstruction.quality_noise import inscribed_circle
from vitsci_viz.simulation.ellipses import project_phantom, shepp_logan
from vitsci_viz.types import Scan
from vitsci_viz.views.session import tomography
from vitsci_viz.views.session.state import Window
from vitsci_viz.views.session.tomography import TomographySession, plain_options
from vitsci_viz.views.session.tomography_follow import SliceFollower, Wanted
from vitsci_viz.views.session.tomography_scene import grey_raster, span_of
from vitsci_viz.views.session.tomography_state import TomographyState
from vitsci_viz.workflows.reconstruct_options import MOST_BIN, ReconstructOptions
from vitsci_viz.workflows.reconstructing import reconstruct

SIDE = 48
CENTRE = 25.3


@pytest.fixture
def scan():
    return counted(exact(views=64, rows=6, columns=SIDE), pixel_mm=0.01)


@pytest.fixture
def session(scan):
    return TomographySession(scan, threads=1)


def off_centre(views=90, side=SIDE, centre=CENTRE):
    lines = project_phantom(shepp_logan(side / 2.8), angles(views), side, centre=centre)
    return Scan.from_line_integrals(lines, angles_rad=angles(views))


@pytest.mark.parametrize("options", [{}, {"padding": "edge"}, {"filter": "hann", "bin": 2}, {"circle": True}])
def test_the_slice_on_screen_is_the_one_that_is_reconstructed(session, scan, options):
    chosen = ReconstructOptions(method="fourier", centre=22.6, **options)
    found = session.slice(chosen, 3, 22.6)
    volume = np.asarray(reconstruct(scan, chosen))
    expected = volume[3 // chosen.bin]
    assert (found.unit, found.side, found.is_preview) == ("1/mm", len(expected), False)
    np.testing.assert_allclose(found.values, expected, atol=5e-3 * np.abs(expected).max())


def test_a_small_picture_of_a_very_wide_slice_is_no_coarser_than_binning_goes():
    turn, columns = angles(24) * 2, 2600
    wide = Scan.from_line_integrals(np.ones((24, 1, columns), np.float32), angles_rad=turn, centre=20.0)
    found = TomographySession(wide, threads=1).preview(ReconstructOptions(), 0, 20.0, pixels=64)
    assert found.is_preview
    assert len(found.values) == -(-found.side // MOST_BIN)


def test_back_projection_is_shown_where_it_is_asked_for(session, scan):
    chosen = ReconstructOptions(method="fbp", centre=23.1)
    np.testing.assert_array_equal(session.slice(chosen, 2, 23.1).values, np.asarray(reconstruct(scan, chosen))[2])


def test_offset_scans_are_shown_as_wide_as_they_are():
    turn = np.arange(120) * 2 * np.pi / 120
    lines = project_phantom(shepp_logan(40), turn, SIDE, centre=6.0)
    scan = Scan.from_line_integrals(lines, angles_rad=turn)
    session, options = TomographySession(scan, threads=1), ReconstructOptions(centre=6.0)
    whole, preview = session.slice(options, 0, 6.0), session.preview(options, 0, 6.0, pixels=32)
    assert whole.values.shape == np.asarray(reconstruct(scan, options)).shape[1:]
    assert preview.is_preview
    assert abs(preview.side - whole.side) <= 3


def test_a_preview_shows_the_slice_at_screen_size(session):
    options = ReconstructOptions()
    whole, preview = session.slice(options, 2, 23.5), session.preview(options, 2, 23.5, pixels=24)
    assert (preview.values.shape, preview.side, preview.is_preview) == ((24, 24), SIDE, True)
    means = whole.values.reshape(24, 2, 24, 2).mean(axis=(1, 3))
    inside = inscribed_circle(24)
    assert np.corrcoef(preview.values[inside], means[inside])[0, 1] > 0.9


def test_moving_the_axis_reads_nothing_again(session, monkeypatch):
    options = ReconstructOptions()
    first, _ = session.lines(options, 2, 20.0)
    again, _ = session.lines(options.replace(centre=30.0, filter="hann", padding="edge"), 2, 30.0)
    assert again is first
    other, _ = session.lines(options.replace(rings="sorting"), 2, 30.0)
    assert other is not first


def test_the_sharpest_slice_is_the_one_about_the_right_axis():
    session, options = TomographySession(off_centre(), threads=1), ReconstructOptions()
    negative = {
        shift: np.minimum(session.slice(options, 0, CENTRE + shift).values, 0).sum() for shift in (-2.0, 0.0, 2.0)
    }
    assert negative[0.0] == max(negative.values())


def test_rows_outside_the_chosen_ones_show_the_nearest_slice(session):
    options = ReconstructOptions(rows="2:6", bin=2)
    assert [session.index_of(options, row) for row in (0, 2, 3, 4, 5)] == [0, 0, 0, 1, 1]
    with pytest.raises(OptionError, match="rows"):
        session.index_of(ReconstructOptions(rows="2:60"), 0)


def test_a_view_is_shown_as_line_integrals_and_lines_as_they_are(session, scan):
    view = session.projection(5)
    inside = exact(views=64, rows=6, columns=SIDE)[5]
    assert np.abs(view - inside).mean() < 0.03
    lines = off_centre()
    np.testing.assert_array_equal(TomographySession(lines).projection(3), np.asarray(lines.projections)[3])


def test_flats_without_light_are_refused_as_the_scan_is_opened(scan):
    black = np.zeros_like(np.asarray(scan.flats))
    dark = Scan(projections=scan.projections, geometry=scan.geometry, flats=black, darks=scan.darks)
    with pytest.raises(InputError, match="brighter than darks"):
        TomographySession(dark)


def test_what_corrects_is_set_back_and_geometry_stays():
    options = ReconstructOptions(rings="sorting", padding="edge", centre=3.0, bin=2, filter="hann")
    assert plain_options(options) == ReconstructOptions(centre=3.0, bin=2)


# ---- pictures


def test_a_picture_shows_its_levels_as_black_and_white():
    values = np.linspace(0, 1, 100).reshape(10, 10)
    raster = grey_raster(values, (0, 0, 20, 20), (0.25, 0.75), None, label="value")
    assert raster.extent == (0, 0, 20, 20)
    assert (raster.index[0, 0], raster.index[-1, -1]) == (0, 255)
    assert (raster.low, raster.high) == (0.25, 0.75)
    middle = np.flatnonzero(abs(raster.index.ravel().astype(int) - 127) < 5)
    assert abs(values.ravel()[middle].mean() - 0.5) < 0.02


def test_a_picture_is_no_larger_than_the_screen_and_covers_its_window():
    values = np.random.default_rng(0).normal(size=(400, 400))
    raster = grey_raster(values, (0, 0, 400, 400), (-1, 1), Window(100, 100, 300, 300, 50, 50), margin=0)
    assert raster.index.shape == (50, 50)
    assert raster.extent == (100, 100, 300, 300)
    assert grey_raster(values, (0, 0, 400, 400), (-1, 1), Window(500, 0, 600, 100, 50, 50), margin=0) is None


def test_levels_leave_out_a_few_extremes_and_what_is_no_number():
    values = np.concatenate([np.linspace(0, 1, 10_000), [1e9, np.nan]])
    low, high = span_of(values)
    assert 0 <= low < 0.01
    assert 0.99 < high < 1.01
    low, high = span_of(np.full((3, 3), 2.0))
    assert low <= 2.0 < high


# ---- following


class Follow:
    """A follower whose results are kept in the order they came."""

    def __init__(self):
        self.shown, self.errors, self.is_final = [], [], []
        self.follower = SliceFollower(lambda call: call(), on_slice=self.take, on_failed=self.errors.append)

    def take(self, wanted, found, seconds):
        self.shown.append((wanted.centre_px, found.is_preview))
        self.is_final.append(found.is_final)

    def wait(self, condition, limit=20.0):
        end = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < end, (self.shown, self.errors)
            time.sleep(0.01)


@pytest.fixture
def follow():
    follow = Follow()
    yield follow
    follow.follower.close()


def wanted(session, centre, options=None):
    return Wanted(session=session, options=options or ReconstructOptions(), row=2, centre_px=centre, pixels=24)


def test_the_last_place_of_a_drag_is_shown_sharp_and_no_older_one_after_it(session, follow, monkeypatch):
    monkeypatch.setattr(tomography, "QUICK_SAMPLES", 0)
    places = [20 + 0.1 * step for step in range(30)]
    for place in places[:-1]:
        follow.follower.ask(wanted(session, place), is_done=False)
        time.sleep(0.002)
    follow.follower.ask(wanted(session, places[-1]), is_done=True)
    follow.wait(lambda: follow.shown and follow.shown[-1] == (places[-1], False))
    order = [place for place, _ in follow.shown]
    assert order == sorted(order)
    assert all(is_preview for _, is_preview in follow.shown[:-1])


def test_an_axis_that_rests_in_mid_drag_becomes_sharp_too(session, follow, monkeypatch):
    monkeypatch.setattr(tomography, "QUICK_SAMPLES", 0)
    follow.follower.ask(wanted(session, 22.0), is_done=False)
    follow.wait(lambda: (22.0, False) in follow.shown)


def test_small_scans_are_shown_whole_at_once_and_at_rest_as_the_volume_will_be(session, follow):
    follow.follower.ask(wanted(session, 22.0), is_done=False)
    follow.wait(lambda: follow.is_final[-1:] == [True])
    assert follow.shown == [(22.0, False)] * 2
    assert follow.is_final == [False, True]


def test_the_slice_at_rest_is_the_one_of_the_volume_whatever_drew_the_drag(session, scan):
    options = ReconstructOptions(centre=22.6)
    trial, rest = session.trial(options, 3, 22.6), session.slice(options, 3, 22.6)
    assert (trial.method, trial.is_final, rest.method, rest.is_final) == ("fourier", False, "fbp", True)
    np.testing.assert_array_equal(rest.values, np.asarray(reconstruct(scan, options))[3])


def test_an_error_is_told_for_the_last_question_alone(session, follow, monkeypatch):
    gate, trial = threading.Event(), session.trial
    monkeypatch.setattr(session, "trial", lambda *asked: gate.wait(20) and trial(*asked))
    follow.follower.ask(wanted(session, -3.0))
    follow.follower.ask(wanted(session, 22.0))
    gate.set()
    follow.wait(lambda: (22.0, False) in follow.shown)
    assert follow.errors == []
    follow.follower.ask(wanted(session, -3.0))
    follow.wait(lambda: follow.errors)
    assert "detector" in str(follow.errors[0])


def test_a_slice_can_be_stopped_before_it_is_made(session):
    def stop(*told):
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        session.slice(ReconstructOptions(), 2, 22.0, progress=stop)


def test_several_threads_ask_one_session_and_get_the_same(session):
    found = []
    ask = lambda: found.append(session.slice(ReconstructOptions(), 2, 22.4).values)  # noqa: E731
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for each in found[1:]:
        np.testing.assert_array_equal(each, found[0])


# ---- links


def test_a_link_restores_everything():
    state = TomographyState(
        source="sample:tooth", options=ReconstructOptions(centre=296.25, rings="sorting", hardening=(1.0, 0.1)), row=1,
        view=17, layout="compare", levels=(-0.001, 0.02), run="tooth-1",
    )  # fmt: skip
    assert TomographyState.read(state.to_query()) == (state, ())
    assert TomographyState().to_query() == ""


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("sauce=a", "did you mean 'source'"), ("layout=magic", "layout must be one of"), ("levels=3,1", "growing"),
        ("view=x", "whole number"), ("bin=0", "bin must be at least 1"), ("rings=magic", "rings"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_link_is_left_out_and_said(query, words):
    state, problems = TomographyState.read(f"centre=7&{query}")
    assert state == TomographyState(options=ReconstructOptions(centre=7))
    assert len(problems) == 1
    assert words in problems[0]
