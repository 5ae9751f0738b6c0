"""How every plot is dressed: quiet colours, small labels, axes that end a little beyond the values."""

from typing import Any

import numpy as np

MUTED = "#808890"
SECOND = "#d55e00"
MARGIN = 0.06


def spread(values: Any, *, is_log: bool = False) -> dict[str, float]:
    """Return the ends of an axis that shows all values with a margin.

    >>> spread([10.0, 20.0]), spread([1.0, 100.0], is_log=True)
    ({'start': 9.4, 'end': 20.6}, {'start': 0.7585775750291838, 'end': 131.82567385564073})
    """
    low, high = float(np.min(values)), float(np.max(values))
    if is_log:
        low, high = np.log10(low), np.log10(high)
    margin = MARGIN * (high - low) or 0.5
    ends = {"start": low - margin, "end": high + margin}
    return {name: float(10**end) for name, end in ends.items()} if is_log else ends


def dress(plot: Any) -> None:
    """Small labels and quiet axes; colours come from the theme's CSS variables."""
    plot.axis.axis_label_text_font_style = "normal"
    plot.axis.axis_label_text_font_size = plot.axis.major_label_text_font_size = "11px"
    plot.axis.axis_label_standoff = 4
    plot.axis.minor_tick_line_color = None
    plot.axis.ticker.desired_num_ticks = 4
    plot.axis.ticker.num_minor_ticks = 0
