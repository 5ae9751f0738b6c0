"""How fast views are smeared back, against the fastest thing a processor does with float32: multiplying matrices."""

import os
import statistics

import numpy as np

from tests.benchmarks.fused_rate import fused_flops, multiply_and_add
from tests.benchmarks.measuring import Row, in_turn
from tests.benchmarks.tomography_peers import half_turn
from vitsci_viz.reconstruction.parallel_beam import back_project
from vitsci_viz.reconstruction.quality_noise import inscribed_circle

SIDE, VIEWS = 512, 720
THREADS = len(os.sched_getaffinity(0))
"""As many as matrices are multiplied with."""
WANTED = {64: 0.30, 128: 0.40}
"""Share of the rate of matrices that is wanted, by slices that are computed together."""
FLOPS_AN_UPDATE = 4
MATRIX = 2048
REPETITIONS = 7


def measure() -> list[Row]:
    """Measure both numbers of slices, a product of matrices and sums in registers, taking turns."""
    random, angles = np.random.default_rng(0), half_turn(VIEWS)
    matrix = random.normal(size=(MATRIX, MATRIX)).astype(np.float32)
    views = random.normal(size=(VIEWS, SIDE, max(WANTED))).astype(np.float32)
    parts = {count: np.ascontiguousarray(views[:, :, :count]) for count in WANTED}

    def smear(count: int) -> None:
        given = {"centre": (SIDE - 1) / 2, "side": SIDE, "radius": SIDE / 2, "threads": THREADS}
        back_project(parts[count], angles, **given)

    works = {"matrices": lambda: matrix @ matrix, "registers": lambda: multiply_and_add(THREADS)}
    works |= {str(count): lambda count=count: smear(count) for count in WANTED}
    seconds = in_turn(works, REPETITIONS)
    flops = {"matrices": 2 * MATRIX**3, "registers": fused_flops(THREADS)}
    updates = int(inscribed_circle(SIDE).sum()) * VIEWS
    flops |= {str(count): updates * count * FLOPS_AN_UPDATE for count in WANTED}
    rates = {name: [flops[name] / each for each in times] for name, times in seconds.items()}
    return [_row(count, rates) for count in WANTED]


def _row(count: int, rates: dict[str, list[float]]) -> Row:
    middle = {name: statistics.median(values) / 1e9 for name, values in rates.items()}
    share = {
        name: statistics.median(ours / theirs for ours, theirs in zip(rates[str(count)], rates[name], strict=True))
        for name in ("matrices", "registers")
    }
    return Row(
        name=f"back-projection inside the circle at 4 flop an update, {SIDE}^2 from {VIEWS} views, {count} slices, "
        f"{THREADS} threads, as a share of the float32 matmul rate",
        target=f">= {100 * WANTED[count]:.0f} %",
        measured=f"{100 * share['matrices']:.0f} % of matmul's {middle['matrices']:.0f} GFLOP/s "
        f"({middle[str(count)] / FLOPS_AN_UPDATE:.1f} G updates/s); {100 * share['registers']:.0f} % of "
        f"{middle['registers']:.0f} GFLOP/s, the most that multiply-adds in registers reach here",
        is_met=share["matrices"] >= WANTED[count],
        anchor="ROVAI 37.1 % of peak; sketch 36-45 %",
        repetitions=REPETITIONS,
        values={"gflops": middle, "share_of_matmul": share["matrices"], "share_of_registers": share["registers"],
                "updates_per_s": middle[str(count)] * 1e9 / FLOPS_AN_UPDATE},
    )  # fmt: skip
