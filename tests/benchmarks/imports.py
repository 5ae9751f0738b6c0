"""What `import vitsci_viz` costs in a fresh process."""

import statistics
import subprocess
import sys

from tests.benchmarks.measuring import Row

REPETITIONS = 11
HEAVY = ("torch", "panel", "bokeh", "xarray", "cv2", "numba")
CODE = """
import sys, time
started = time.perf_counter()
import {module}
print(time.perf_counter() - started, *[name for name in {heavy} if name in sys.modules])
"""


def measure() -> list[Row]:
    """Import in fresh processes, beside `import skimage`."""
    runs = [(_seconds("vitsci_viz"), _seconds("skimage")) for _ in range(REPETITIONS + 1)][1:]
    ours, theirs = (statistics.median(float(run[which][0]) for run in runs) for which in (0, 1))
    loaded = sorted({name for run in runs for name in run[0][1:]})
    forbidden = [name for name in loaded if name in ("torch", "panel", "xarray")]
    return [
        Row(
            name="`import vitsci_viz`",
            target="<= 0.1 s, no torch, panel, xarray",
            measured=f"{1e3 * ours:.0f} ms ({ours / theirs:.1f}x of `import skimage`), heavy libraries loaded: "
            + (", ".join(loaded) or "none"),
            is_met=ours <= 0.1 and not forbidden,
            anchor="scikit-image 15 ms",
            repetitions=REPETITIONS,
            values={"seconds": ours, "skimage_seconds": theirs, "heavy": loaded},
        )
    ]


def _seconds(module: str) -> list[str]:
    code = CODE.format(module=module, heavy=HEAVY)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
