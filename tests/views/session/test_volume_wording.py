"""What is said of a volume: places in mm, values in their unit, how it was made."""

import numpy as np
import pytest

from vitsci_viz.types import Image
from vitsci_viz.views.session.volume_planes import PLANES
from vitsci_viz.views.session.volume_session import VolumeSession
from vitsci_viz.views.session.volume_wording import (
    caption,
    crosshair_lines,
    place_text,
    probe_text,
    sections,
    value_text,
)

QUALITY = {
    "resolution_px": 2.99, "resolution_mm": 0.0299, "is_pixel_limited": False, "is_view_limited": True,
    "signal_to_noise": 18.1, "contrast_to_noise": None, "ring_score": 0.44, "streak_score": 0.05,
}  # fmt: skip
REPORT = {
    "centre": {"px": 134.8846, "uncertainty_px": 0.05, "method": "agreement", "confidence": 1.0, "tilt_deg": 0.0},
    "scan": {"name": "core", "views": 360, "angles_deg": [0.0, 179.5], "flats": 10, "darks": 10},
    "method": "fourier", "quality": QUALITY, "notes": ["the sample reaches beyond the detector"],
    "corrections": ["6 dead pixels filled from their neighbours"], "seconds": {"total": 47.5},
}  # fmt: skip
FACTS = {"quantity": "linear attenuation", "unit": "1/mm", "report": REPORT, "options": {"filter": "hann"}}


def opened(facts=None, *, spacing=(0.01,) * 3):
    values = np.arange(4 * 5 * 6, dtype=np.float32).reshape(4, 5, 6)
    unit = None if spacing is None else "mm"
    return VolumeSession(Image(levels=(values,), axes="zyx", spacing=spacing, unit=unit, name="core"), facts)


def lines(session):
    return {line.name: (line.value, line.note) for section in sections(session) for line in section.lines}


def test_the_report_is_told_with_units_and_how_things_are_known():
    found = lines(opened(FACTS))
    assert found["Centre"] == ("134.88 ± 0.05 px", "agreement, confidence 1.00")
    assert found["Method"] == ("direct Fourier", "filter hann")
    assert found["Resolution"] == ("2.99 px = 29.9 µm", "or finer: half the views are few")
    assert found["Signal to noise"] == ("18.1", "")
    assert found["Scan"] == ("360 views", "core, 0 to 179.5°, 10 flats, 10 darks")
    assert "Contrast to noise" not in found
    notes = [note for section in sections(opened(FACTS)) for note in section.notes]
    assert notes == ["The sample reaches beyond the detector", "6 dead pixels filled from their neighbours"]


def test_the_answers_come_first():
    assert [section.title for section in sections(opened(FACTS))] == ["Quality", "Reconstruction", "Volume"]


def test_a_centre_of_unknown_uncertainty_is_told_without_one():
    report = {**REPORT, "centre": {"px": 12.0, "method": "given", "confidence": None}}
    assert lines(opened({**FACTS, "report": report}))["Centre"] == ("12.00 px", "given")


@pytest.mark.parametrize("facts", [None, {}, {"report": "text"}, {"report": {"centre": {}}}])
def test_a_volume_of_another_program_is_told_by_its_size_alone(facts):
    (section,) = sections(opened(facts))
    assert section.title == "Volume"
    assert "was not kept" in section.notes[0]
    assert lines(opened(facts))["Size"][0] == "0.06 x 0.05 x 0.04 mm"


def test_sides_of_thick_slices_are_told_one_by_one():
    found = lines(opened(spacing=(0.03, 0.01, 0.01)))
    assert found["Voxel side"][0] == "10 x 10 x 30 µm"
    assert found["Size"][0] == "0.06 x 0.05 x 0.12 mm"


def test_without_a_spacing_nothing_is_said_in_mm():
    session = opened(spacing=None)
    assert place_text(session, (0.5, 0.5, 0.5)) == ""
    assert "Voxel side" not in lines(session)
    assert caption(session, PLANES["xy"], (2.5, 0.5, 0.5)) == "XY · z 2"
    assert [line.name for line in crosshair_lines(session, (0.5, 0.5, 0.5), 1.0)] == ["Crosshair", "Value"]


def test_the_cursor_reads_the_slice_the_value_and_the_place():
    session = opened(FACTS)
    assert probe_text(session, PLANES["xz"], (1.5, 2.5, 3.5)) == ["y 2", "45 1/mm", "0.035, 0.025, 0.015 mm"]
    assert probe_text(session, PLANES["xz"], (9.5, 2.5, 3.5))[0] == "y 2"
    assert len(probe_text(session, PLANES["xz"], (9.5, 2.5, 3.5))) == 2


def test_a_caption_says_which_slice_a_plane_is_and_where():
    assert caption(opened(), PLANES["yz"], (0.5, 0.5, 3.5)) == "YZ · x 3 · 0.035 mm"
    assert value_text(opened(), 0.123456) == "0.1235"
