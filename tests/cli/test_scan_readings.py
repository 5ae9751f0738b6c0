"""What a reconstruction found is said in the terminal: geometry, centre, volume, quality, what was mended."""

from typing import Any

from tests.cli.test_segment_readings import shown

SCAN = {
    "name": "tooth", "views": 181, "rows": 2, "columns": 640, "angles_deg": [0.0, 179.0], "pixel_mm": None,
    "flats": 10, "darks": 10,
}  # fmt: skip
QUALITY = {
    "resolution_px": 3.5, "resolution_mm": None, "is_pixel_limited": False, "is_view_limited": False,
    "signal_to_noise": 12.34, "contrast_to_noise": None, "ring_score": 0.25, "streak_score": 0.5,
}  # fmt: skip

CENTRE = {
    "px": 295.5, "method": "agreement", "uncertainty_px": 0.12, "confidence": 0.9, "tilt_deg": 0.0, "candidates": [],
}  # fmt: skip


def found(**changes: Any) -> dict[str, Any]:
    results = {
        "scan": SCAN, "centre": CENTRE,
        "plan": {"rows": 2, "slabs": 1, "memory_bytes": 436_000_000, "disk_bytes": 3_700_000}, "method": "fbp",
        "method_reason": "faster below 1,024 px",
        "quality": QUALITY, "notes": ["mind this"], "corrections": ["2 dead pixels filled from their neighbours"],
        "range": None, "shape": [2, 640, 640], "updates_per_s": 1.5e9, "written": ["v.tif"],
    }  # fmt: skip
    return {**results, **changes}


def text(**changes: Any) -> str:
    return " ".join(shown("reconstruct", found(**changes), {"volume": "v.tif"}).split())


def test_geometry_centre_volume_and_quality_are_said():
    said = text()
    for part in (
        "tooth 181 views of 2 x 640 over 179 degrees, 10 flats, 10 darks",
        "Centre 295.50 \N{PLUS-MINUS SIGN} 0.12 px (agreement, confidence",
        "Volume 2 x 640 x 640 by fbp (faster below 1,024 px), 1 slab, 1.50 G updates/s",
        "Resolution 3.50 px (period, half-bit FRC)",
        "signal to noise 12.3", "rings 0.25", "note: mind this", "2 dead pixels filled", "planned 436 MB of memory",
    ):  # fmt: skip
        assert part in said, part
    assert "contrast" not in said


def test_the_tilt_of_the_axis_is_said_where_it_is_not_upright():
    assert "tilt" not in text()
    assert "), tilt -0.077 degrees" in text(centre={**CENTRE, "tilt_deg": -0.0772})


def test_known_pixels_give_micrometres_and_whole_numbers_their_range():
    said = text(
        scan={**SCAN, "pixel_mm": 0.01},
        quality={**QUALITY, "resolution_mm": 0.035, "is_view_limited": True},
        range=[-0.5, 2.0],
    )
    assert "pixel 10 um" in said
    assert "3.50 px = 35 um or finer, as half the views are few (period" in said
    assert "0 to 65,535 stands for -0.5 to 2" in said


def test_slices_that_the_pixels_limit_say_so_and_small_ones_nothing():
    assert "the pixels are the limit" in text(quality={**QUALITY, "is_pixel_limited": True})
    assert "Resolution" not in text(quality={})
