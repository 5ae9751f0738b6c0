"""A volume and how it was made, in words and numbers."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from vitsci_viz.views.session.volume_planes import AXES, Plane, Point, index_of
from vitsci_viz.views.session.volume_session import VolumeSession
from vitsci_viz.views.session.wording import Reading, size

NOT_KEPT = "How it was made was not kept with it: resolution and noise are known for volumes reconstructed here."
METHODS: Mapping[str, str] = {"fbp": "filtered back-projection", "fourier": "direct Fourier"}


@dataclass(frozen=True, kw_only=True)
class Section:
    """Readings under a heading.

    Parameters
    ----------
    title : str
        The heading.
    lines : tuple of Reading
        What is read.
    notes : tuple of str
        Whole sentences below them.
    """

    title: str
    lines: tuple[Reading, ...]
    notes: tuple[str, ...] = ()


def place_text(session: VolumeSession, point: Point) -> str:
    """Write where a point lies, in mm where the spacing is known: x, y, z from the corner of the volume.

    >>> import numpy as np
    >>> from vitsci_viz.types import Image
    >>> volume = Image(levels=(np.zeros((4, 4, 4)),), axes="zyx", spacing=(0.01,) * 3, unit="mm")
    >>> place_text(VolumeSession(volume), (0.5, 1.5, 2.5))
    '0.025, 0.015, 0.005 mm'
    """
    spacing = session.volume.spacing_um
    if spacing is None:
        return ""
    values = [at * step / 1e3 for at, step in zip(point, spacing, strict=True)][::-1]
    digits = max(0, 1 - math.floor(math.log10(min(spacing) / 1e3)))
    return ", ".join(f"{value:,.{digits}f}" for value in values) + " mm"


def value_text(session: VolumeSession, value: float | None) -> str:
    """Write a value with its unit."""
    return "" if value is None else f"{value:.4g} {session.unit}".rstrip()


def probe_text(session: VolumeSession, plane: Plane, point: Point) -> list[str]:
    """Say what lies under the cursor beside its place on the plane, which the canvas writes itself."""
    parts = (
        f"{plane.cut_letter} {index_of(point, plane.cut):,}",
        value_text(session, session.value_at(point)),
        place_text(session, point),
    )
    return [part for part in parts if part]


def caption(session: VolumeSession, plane: Plane, point: Point) -> str:
    """Say which slice a plane is."""
    index = index_of(point, plane.cut)
    text = f"{plane.title} \N{MIDDLE DOT} {plane.cut_letter} {index:,}"
    spacing = session.volume.spacing_um
    return text if spacing is None else f"{text} \N{MIDDLE DOT} {(index + 0.5) * spacing[plane.cut] / 1e3:.4g} mm"


def crosshair_lines(session: VolumeSession, point: Point, value: float | None) -> list[Reading]:
    """Say where the planes meet and what is there."""
    places = ", ".join(f"{letter} {index_of(point, AXES.index(letter)):,}" for letter in "xyz")
    found = [Reading(name="Crosshair", value=places, help="Voxel where the three planes meet, counted from 0.")]
    if place := place_text(session, point):
        found.append(Reading(name="Place", value=place, help="x, y, z from the corner of the volume."))
    if value is not None:
        name = str(session.facts.get("quantity", "value"))
        found.append(Reading(name=name.capitalize(), value=value_text(session, value), help="Of that voxel."))
    return found


def sections(session: VolumeSession) -> list[Section]:
    """Say what a volume is and, where that was kept, how it was made and how good it is."""
    volume = Section(title="Volume", lines=tuple(_volume_lines(session)))
    report = _part(session.facts, "report")
    if not {"centre", "scan", "method"} <= report.keys():
        return [replace(volume, notes=(NOT_KEPT,))]
    notes = tuple(_sentence(text) for text in (*report.get("notes", ()), *report.get("corrections", ())))
    making = Section(title="Reconstruction", lines=tuple(_making_lines(session, report)), notes=notes)
    quality = _part(report, "quality")
    return [*([Section(title="Quality", lines=tuple(quality_lines(quality)))] if quality else []), making, volume]


def quality_of(session: VolumeSession) -> Mapping[str, Any]:
    """Return what was kept of the quality of a volume's slices; empty where nothing was."""
    return _part(_part(session.facts, "report"), "quality")


def correlation_curve(quality: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the curve of the Fourier ring correlation, where there is one: frequencies and two series."""
    curve = _part(quality, "ring_correlation")
    if not curve:
        return None
    return {**curve, "resolution_px": None if quality["is_pixel_limited"] else quality["resolution_px"]}


def _volume_lines(session: VolumeSession) -> Iterator[Reading]:
    volume = session.volume
    z, y, x = session.shape
    yield Reading(name="Voxels", value=f"{x:,} x {y:,} x {z:,}", note="x, y, z", help="Of the finest level.")
    if volume.spacing is not None and volume.spacing_um is not None:
        x_um, y_um, z_um = volume.spacing_um[::-1]
        is_cube = math.isclose(x_um, y_um) and math.isclose(y_um, z_um)
        sides = f"{x_um:.4g}" if is_cube else f"{x_um:.4g} x {y_um:.4g} x {z_um:.4g}"
        yield Reading(name="Voxel side", value=f"{sides} \N{MICRO SIGN}m", help="Distance between voxels.")
        lengths = " x ".join(f"{n * step / 1e3:.4g}" for n, step in zip((x, y, z), (x_um, y_um, z_um), strict=True))
        yield Reading(name="Size", value=f"{lengths} mm", help="Of the whole volume.")
    stored = f"{volume.data.dtype}, {size(z * y * x * volume.data.dtype.itemsize)}"
    levels = f"{len(volume.levels)} levels" if len(volume.levels) > 1 else "1 level"
    yield Reading(name="Stored as", value=stored, note=levels, help="Type and size of the finest level, unpacked.")


def _making_lines(session: VolumeSession, report: Mapping[str, Any]) -> Iterator[Reading]:
    centre, scan = report["centre"], report["scan"]
    spread = centre.get("uncertainty_px")
    value = f"{centre['px']:.2f} px" if spread is None else f"{centre['px']:.2f} \N{PLUS-MINUS SIGN} {spread:.2f} px"
    trust = "" if centre.get("confidence") is None else f", confidence {centre['confidence']:.2f}"
    yield Reading(
        name="Centre", value=value, note=f"{centre['method']}{trust}",
        help="Where the rotation axis falls on the detector, and how that was found.",
    )  # fmt: skip
    if abs(centre.get("tilt_deg") or 0) > 0:
        yield Reading(
            name="Tilt of the axis", value=f"{centre['tilt_deg']:.3f}\N{DEGREE SIGN}", help="On the detector."
        )
    filter_name = _part(session.facts, "options").get("filter", "")
    method = METHODS.get(report["method"], report["method"])
    yield Reading(name="Method", value=method, note=f"filter {filter_name}" if filter_name else "", help="Of slices.")
    low, high = scan["angles_deg"]
    yield Reading(
        name="Scan", value=f"{scan['views']:,} views", help="What it was made of.",
        note=f"{scan['name']}, {low:.4g} to {high:.4g}\N{DEGREE SIGN}, {scan['flats']} flats, {scan['darks']} darks",
    )  # fmt: skip
    seconds = _part(report, "seconds").get("total")
    if seconds is not None:
        yield Reading(name="Took", value=f"{seconds:,.1f} s", help="From opening the scan to the written volume.")


def quality_lines(quality: Mapping[str, Any]) -> Iterator[Reading]:
    """Say how good slices are: a volume's, or one on its own."""
    help_text = (
        "Smallest period, line and gap, at which two interleaved half-scans agree: Fourier ring correlation at half a "
        "bit (van Heel and Schatz, 2005)."
    )
    limit = "or finer: half the views are few" if quality.get("is_view_limited") else ""
    if quality["is_pixel_limited"]:
        yield Reading(name="Resolution", value="2 px", note="the pixels are the limit", help=help_text)
    else:
        length = quality.get("resolution_mm")
        real = "" if length is None else f" = {1e3 * length:.3g} \N{MICRO SIGN}m"
        yield Reading(name="Resolution", value=f"{quality['resolution_px']:.2f} px{real}", note=limit, help=help_text)
    for name, title, text in (
        ("signal_to_noise", "Signal to noise", "Mean of the material over the noise that two half-scans tell."),
        ("contrast_to_noise", "Contrast to noise", "Material less its surroundings, over the same noise."),
    ):
        if quality.get(name) is not None:
            yield Reading(name=title, value=f"{quality[name]:.1f}", help=text)
    yield Reading(
        name="Rings", value=f"{quality['ring_score']:.2f}",
        help="What is the same all along a ring over what else changes from pixel to pixel: 0 where there are none.",
    )  # fmt: skip
    yield Reading(
        name="Streaks", value=f"{quality['streak_score']:.2f}",
        help="How unevenly fine structure is spread over directions: near 0 for noise and round things, 1 where a few "
        "views stand out. Straight edges count as well: compare slices of one object.",
    )  # fmt: skip


def _part(facts: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a mapping in what was kept, empty where there is none."""
    found = facts.get(name)
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
