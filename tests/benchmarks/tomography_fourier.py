"""From which size on the Fourier method is faster than filtered back-projection, and the errors of both."""

import math
import statistics

import numpy as np

from tests.benchmarks.measuring import Row, in_turn, ratio
from tests.benchmarks.tomography_peers import THREADS, half_turn, inside
from vitsci_viz.reconstruction.fourier import fourier_reconstruction
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.simulation.ellipses import draw_slice, project_phantom, shepp_logan
from vitsci_viz.workflows.method_choice import EQUAL_ERROR, FOURIER_SIDE

SLICES = {512: 64, 1024: 64, 2048: 32}
"""Side, and slices that are made together: fewer where a round would take a minute."""
VIEWS_A_COLUMN = 1800 / 2048
REPETITIONS = 2
TOLERATED = 1.15
"""At a measured size the method that is taken may be so many times slower than the other."""


def measure() -> list[Row]:
    """Take both methods in turn at every size."""
    found = {side: _compared(side, count) for side, count in SLICES.items()}
    speeds = {side: each["times_faster"] for side, each in found.items()}
    crossing = crossing_side(speeds)
    worst = max(each["fourier_error"] / each["fbp_error"] - 1 for each in found.values())
    is_right = all((speed if side >= FOURIER_SIDE else 1 / speed) >= 1 / TOLERATED for side, speed in speeds.items())
    said = [
        f"{side:,}^2: {each['times_faster']:.2f}x ({1e3 * each['fourier_s']:.0f} ms a slice against "
        f"{1e3 * each['fbp_s']:.0f} ms, errors {each['fourier_error']:.4f} and {each['fbp_error']:.4f})"
        for side, each in found.items()
    ]
    return [
        Row(
            name="Fourier method against filtered back-projection of as many slices, views 0.88 of the side (1,800 at "
            f"2,048^2), {THREADS} threads; RMSE of the Shepp-Logan phantom, the skull being 1",
            target="crossing and errors reported; what method=auto takes is the faster one, its error not above the "
            f"other's by more than {100 * EQUAL_ERROR:.0f} %",
            measured=f"{'; '.join(said)}; as fast at about {crossing:,.0f}^2, taken from {FOURIER_SIDE:,}^2 on",
            is_met=is_right and worst <= EQUAL_ERROR,
            anchor="FINUFFT alone 38 ms at 1,024^2, 900 views",
            repetitions=REPETITIONS,
            values={"by_side": {str(side): each for side, each in found.items()}, "crossing": crossing,
                    "largest_difference_of_errors": worst},
        )
    ]  # fmt: skip


def crossing_side(speeds: dict[int, float]) -> float:
    """Return where a straight line through the logarithms of side and speed-up crosses one.

    >>> round(crossing_side({512: 0.5, 1024: 1.0, 2048: 2.0}))
    1024
    """
    sides, values = np.log(list(speeds)), np.log(list(speeds.values()))
    slope, base = np.polyfit(sides, values, 1)
    return math.exp(-base / slope)


def _compared(side: int, count: int) -> dict[str, float]:
    angles = half_turn(round(side * VIEWS_A_COLUMN))
    phantom, where = shepp_logan(side / 2), inside(side)
    truth, one = draw_slice(phantom, side, samples=4), project_phantom(phantom, angles, side)
    lines = np.repeat(one, count, axis=1)
    seconds = in_turn(
        {
            "fbp": lambda: filtered_back_projection(lines, angles, threads=THREADS),
            "fourier": lambda: fourier_reconstruction(lines, angles, threads=THREADS),
        },
        REPETITIONS,
    )
    found = {"times_faster": ratio(seconds, "fbp", "fourier")}
    for name, work in (("fbp", filtered_back_projection), ("fourier", fourier_reconstruction)):
        wrong = (work(one, angles, threads=THREADS)[0] - truth)[where]
        found[f"{name}_error"] = float(np.sqrt(np.mean(wrong**2)) * side / 2)
        found[f"{name}_s"] = statistics.median(seconds[name]) / count
    return found
