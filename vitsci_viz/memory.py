"""How much memory this process has used."""

import resource
import sys
from pathlib import Path


def peak_rss_bytes() -> int:
    """Return the largest resident memory this process has had.

    Notes
    -----
    Linux keeps it as ``VmHWM``; ``ru_maxrss`` would count what the parent process held before the program started.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
