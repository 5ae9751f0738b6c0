"""Slices of the Shepp-Logan phantom against scikit-image's and ASTRA's: seconds and errors."""

import statistics
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.measuring import Row, in_turn, ratio
from tests.benchmarks.tomography_peers import (
    ASTRA_PUBLISHED,
    IRADON_PUBLISHED,
    THREADS,
    WITHOUT_ASTRA,
    half_turn,
    has_astra,
    inside,
    peers,
)
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.simulation.ellipses import draw_slice, project_phantom, shepp_logan

SIDE, VIEWS, SLICES = 512, 720, 64
REPETITIONS = 5
FASTER = {"ASTRA": 25, "iradon": 40}
"""How many times faster than the peers is wanted."""
MEAN_WITHIN = 0.005
SAME = 1e-4
"""Relative difference of errors that is no difference: rounding is not better work."""


def measure() -> list[Row]:
    """Measure seconds in turn, then errors."""
    return [_speed_row(), _error_row()]


def _speed_row() -> Row:
    angles = half_turn(VIEWS)
    lines = np.repeat(project_phantom(shepp_logan(SIDE / 2), angles, SIDE), SLICES, axis=1)
    one = np.ascontiguousarray(lines[:, 0])
    works = {"ours": lambda: filtered_back_projection(lines, angles, threads=THREADS)}
    works |= {name: lambda work=work: work(one) for name, work in peers(angles, SIDE).items()}
    seconds = in_turn(works, REPETITIONS)
    ours = statistics.median(seconds["ours"]) / SLICES
    times = {name: SLICES * ratio(seconds, name, "ours") for name in seconds if name != "ours"}
    said = [f"{times[name]:.0f}x faster than {name} ({statistics.median(seconds[name]):.2f} s)" for name in times]
    return Row(
        name=f"whole filtered back-projection of a slice, {SIDE}^2 from {VIEWS} views, {SLICES} slices on {THREADS} "
        "threads, against one slice of iradon and of ASTRA's FBP (linear), both on one thread",
        target=", ".join(f">= {times}x faster than {name}" for name, times in FASTER.items()),
        measured=f"{1e3 * ours:.1f} ms a slice: {', '.join(said if has_astra() else [*said, WITHOUT_ASTRA])}",
        is_met=all(times[name] >= FASTER[name] for name in times) and (has_astra() or None),
        anchor=f"ASTRA {ASTRA_PUBLISHED}, iradon {IRADON_PUBLISHED}",
        repetitions=REPETITIONS,
        values={"seconds_a_slice": ours, "times_faster": times,
                **{f"{name}_s": statistics.median(each) for name, each in seconds.items()}},
    )  # fmt: skip


def _error_row() -> Row:
    angles, phantom = half_turn(VIEWS), shepp_logan(SIDE / 2)
    where, truth = inside(SIDE), draw_slice(phantom, SIDE)
    centred = project_phantom(phantom, angles, SIDE)
    # Scikit-image turns about pixel n // 2, half a pixel beside the middle of an even side: the phantom goes there too.
    moved = [replace(body, centre=(body.centre[0] - 0.5, body.centre[1] - 0.5, 0.0)) for body in phantom]
    beside = project_phantom(moved, angles, SIDE, centre=SIDE // 2)

    def rmse(found: NDArray[np.floating]) -> float:
        return float(np.sqrt(np.mean((found - truth)[where] ** 2)) * SIDE / 2)

    ours = filtered_back_projection(centred, angles, threads=THREADS)[0]
    on_a_pixel = filtered_back_projection(beside, angles, centre=SIDE // 2, side=SIDE + 1, threads=THREADS)[0]
    asked = peers(angles, SIDE)
    errors = {"ours": rmse(ours), "ours, as iradon": rmse(on_a_pixel[:-1, :-1])}
    errors["iradon"] = rmse(asked["iradon"](beside[:, 0]))
    if has_astra():
        errors["ASTRA"] = rmse(asked["ASTRA"](centred[:, 0]))
    mean = float(ours[where].mean() / truth[where].mean() - 1)
    is_lower = errors["ours, as iradon"] < (1 - SAME) * errors["iradon"]
    is_lower &= errors["ours"] < errors.get("ASTRA", np.inf)
    astra = f"{errors['ours']:.4f} against ASTRA's {errors['ASTRA']:.4f}" if has_astra() else WITHOUT_ASTRA
    return Row(
        name=f"error (RMSE inside the circle, the skull being 1) of the Shepp-Logan phantom, {SIDE}^2 from {VIEWS} "
        "exact views, pixels of the truth averaged over their area",
        target=f"below iradon's and ASTRA's; mean inside within {100 * MEAN_WITHIN} %",
        measured=f"{errors['ours, as iradon']:.5f} against iradon's {errors['iradon']:.5f} (axis on a pixel, as it "
        f"wants); {astra} (axis between pixels); mean {100 * mean:+.3f} %",
        is_met=bool(is_lower) and abs(mean) <= MEAN_WITHIN and (has_astra() or None),
        anchor="iradon 0.014, ASTRA 0.025 over the whole square",
        values={"rmse": errors, "mean": mean},
    )
