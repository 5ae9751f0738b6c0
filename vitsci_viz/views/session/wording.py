"""Readings in words and numbers, the same in the browser and in a notebook: each one is a comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vitsci_viz.patching.readings import mean_dice
from vitsci_viz.views.session.readings import Readings


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One line of the readings.

    Parameters
    ----------
    name : str
        What is read.
    value : str
        With unit and thousands separators; an en dash while it is not known.
    note : str
        What it is compared with.
    help : str
        How it is computed, and from which source.
    is_detail : bool
        It says more about the line before; a view that is short of room may fold it.
    """

    name: str
    value: str
    note: str = ""
    help: str = ""
    is_detail: bool = False


UNKNOWN = "\N{EN DASH}"
FEW_CLASSES = 4
"""So many classes are all worth a look; of more, the mean is the reading and the rest a detail."""
CLASSES_SHOWN = 12
"""Classes listed one by one; a mask of instances has hundreds."""


def reading_lines(
    readings: Readings, *, min_size: tuple[int, ...], names: Mapping[int, str] | None = None
) -> tuple[Reading, ...]:
    """Put the readings of a setting in lines.

    Parameters
    ----------
    readings : Readings
        The numbers.
    min_size : tuple of int
        Side of the finest leaf per axis, in pixels: the grid compared with.
    names : mapping of int to str, optional
        Names of the mask's classes.
    """
    lines = [
        Reading(
            name="Tokens",
            value=f"{readings.tokens:,}",
            note=f"{share(readings.share)} of the {readings.uniform_tokens:,} of a uniform {side(min_size)} grid",
            help="Leaves of the tree, one token each, beside the plain grid of the finest leaf.",
        ),
        Reading(
            name="Training step",
            value=f"{times(readings.step_ratio)} cheaper",
            note=f"attention alone {times(readings.attention_ratio)}",
            help="Operations of a ViT-S encoder's step, forward and backward, beside the uniform grid; attention grows "
            "with the square of the tokens, the rest linearly.",
        ),
        Reading(
            name="Memory of a step",
            value=f"about {size(readings.step_bytes)}",
            note=f"uniform grid {size(readings.uniform_step_bytes)}",
            help="Estimate: weights, gradients, optimiser state and activations of a ViT-S encoder for one image.",
        ),
        Reading(
            name="Mean patch",
            value=f"{readings.mean_patch:.1f} px",
            help="Mean side of a leaf over all leaves (Zhang et al., SC'24, figure 3).",
        ),
        Reading(
            name="Reconstruction",
            value=UNKNOWN if readings.psnr is None else decibel(readings.psnr),
            help="PSNR of the image put together again from its tokens: what the tokens can hold at all.",
        ),
    ]
    if readings.split_value is not None:
        lines.insert(1, Reading(name="Split value", value=plain(readings.split_value), help="What it came to."))
    return (*lines, *_dice_lines(readings, names or {}))


def _dice_lines(readings: Readings, names: Mapping[int, str]) -> list[Reading]:
    rows = sorted((readings.oracle_dice or {}).items())
    known = (
        "Best Dice that any prediction on these tokens can reach with nearest de-patching; known from the mask alone, "
        "before any training."
    )
    lines = [
        Reading(
            name="Oracle Dice" if len(rows) == 1 else f"Oracle Dice, {names.get(label, f'class {label}')}",
            value=f"{dice:.3f}",
            help=known,
            is_detail=len(rows) > FEW_CLASSES,
        )
        for label, dice in rows[:CLASSES_SHOWN]
    ]
    if len(rows) < 2:
        return lines
    left_out = f"; {len(rows) - CLASSES_SHOWN:,} more are not listed" if len(rows) > CLASSES_SHOWN else ""
    mean = Reading(
        name="Oracle Dice, mean",
        value=f"{mean_dice(dict(rows)):.3f}",
        note=f"of {len(rows):,} classes{left_out}",
        help=f"{known} Every value of the mask counts as a class, so where each object has a value of its own, this is "
        "the mean over the objects.",
    )
    return [mean, *lines]


def summary(readings: Readings, *, min_size: tuple[int, ...]) -> str:
    """Say the most important readings in one sentence."""
    parts = [
        f"{readings.tokens:,} tokens = {share(readings.share)} of the {readings.uniform_tokens:,} a uniform "
        f"{side(min_size)} grid needs",
        f"whole training step about {times(readings.step_ratio)} cheaper (attention alone "
        f"{times(readings.attention_ratio)}), {size(readings.step_bytes)}",
    ]
    if readings.psnr is not None:
        parts.append(f"reconstruction {decibel(readings.psnr)}")
    if readings.oracle_dice:
        parts.append(f"oracle Dice {mean_dice(readings.oracle_dice):.3f}")
    return "; ".join(parts)


def share(fraction: float) -> str:
    """Write a fraction in per cent.

    >>> share(0.0625), share(0.00042), share(1.0)
    ('6.3 %', '0.042 %', '100 %')
    """
    percent = 100 * fraction
    if percent < 1:
        return f"{percent:.2g} %"
    # a half is rounded up, not to even
    return f"{percent + 1e-9:.{0 if percent >= 99.95 else 1}f} %"


def times(ratio: float) -> str:
    """Write a ratio.

    >>> times(1.26), times(39.7), times(12345.0)
    ('1.3x', '40x', '12,345x')
    """
    return f"{ratio:,.0f}x" if ratio >= 9.95 else f"{ratio:.1f}x"


def size(count: float) -> str:
    """Write a number of bytes.

    >>> size(2.1e8), size(5.4e9)
    ('210 MB', '5.4 GB')
    """
    for unit, step in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            value = count / step
            return f"{value:.0f} {unit}" if value >= 9.95 else f"{value:.1f} {unit}"
    return f"{count:.0f} B"


def side(sides: tuple[int, ...]) -> str:
    """Write the side of a leaf.

    >>> side((4, 4)), side((1, 4, 4))
    ('4 px', '1 x 4 x 4 px')
    """
    return f"{sides[0]} px" if len(set(sides)) == 1 else f"{' x '.join(str(each) for each in sides)} px"


def extent(shape: Sequence[int], channels: int, spacing: Sequence[float] | None = None, unit: str | None = None) -> str:
    """Write the size of an image, width first as people say it, with channels and spacing where there are any.

    >>> extent((2000, 3000), 3, (0.25, 0.25), "um"), extent((30, 100, 120), 1, (3.0, 1.0, 1.0), "mm")
    ('3,000 x 2,000 px, 3 channels, 0.25 um/px', '120 x 100 x 30 px, 1 x 1 x 3 mm/px')
    """
    parts = [" x ".join(f"{length:,}" for length in reversed(shape)) + " px"]
    if channels > 1:
        parts.append(f"{channels} channels")
    if spacing is not None and unit:
        values = [f"{value:.3g}" for value in reversed(spacing)]
        parts.append(f"{values[0] if len(set(values)) == 1 else ' x '.join(values)} {unit}/px")
    return ", ".join(parts)


def plain(value: float) -> str:
    """Write a number without an exponent, with four significant digits where it has fractions.

    >>> plain(501852.4), plain(47.8634), plain(0.25)
    ('501,852', '47.86', '0.25')
    """
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def decibel(value: float) -> str:
    """Write a PSNR; infinite means that nothing is lost.

    >>> decibel(34.21), decibel(float("inf"))
    ('34.2 dB', 'exact')
    """
    return "exact" if value == float("inf") else f"{value:.1f} dB"
