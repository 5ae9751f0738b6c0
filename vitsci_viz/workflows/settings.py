"""The settings that a sweep compares: a grid of options, and plain grids beside it."""

import itertools
from collections.abc import Sequence

from vitsci_viz.patching.cost import uniform_tokens
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.workflows.options import SHARED_FIELDS, SweepOptions

FEWEST_TOKENS = 64
"""Settings with fewer tokens than this are not tried by themselves."""
SMALLEST_LEAF = 2
"""Finest leaf that is tried by itself."""


def sweep_grid(options: SweepOptions, shape: Sequence[int]) -> tuple[PatchOptions, ...]:
    """List the settings of a sweep.

    Parameters
    ----------
    options : SweepOptions
        What to compare.
    shape : sequence of int
        Spatial shape of the image: automatic token budgets depend on it.

    Returns
    -------
    tuple of PatchOptions
        Adaptive settings by detail, patch size, finest leaf and budget; then the uniform grids.
    """
    shared = {name: getattr(options, name) for name in SHARED_FIELDS}
    settings = []
    for detail, patch_size in itertools.product(options.details or (None,), options.patch_sizes):
        for min_size in min_sizes_of(options, patch_size):
            sides = {"detail": detail, "patch_size": patch_size, "min_size": min_size}
            settings += [
                PatchOptions(mode="length", length=length, **sides, **shared)
                for length in lengths_of(options, shape, min_size)
            ]
            settings += [
                PatchOptions(mode="threshold", split_value=value, **sides, **shared) for value in options.split_values
            ]
    return (*settings, *(uniform_grids(options, shape) if options.uniform else ()))


def min_sizes_of(options: SweepOptions, patch_size: int) -> tuple[int, ...]:
    """Return the finest leaves to try with a patch size.

    >>> min_sizes_of(SweepOptions(), 8), min_sizes_of(SweepOptions(), 2)
    ((8, 4, 2), (2,))
    """
    if options.min_sizes != "auto":
        return options.min_sizes
    tried = (patch_size, patch_size // 2, patch_size // 4)
    return tuple(size for size in tried if size >= min(SMALLEST_LEAF, patch_size))


def lengths_of(options: SweepOptions, shape: Sequence[int], min_size: int) -> tuple[int, ...]:
    """Return the token budgets to try with a finest leaf.

    >>> lengths_of(SweepOptions(), (256, 256), 8)
    (64, 128, 256, 512)
    """
    if options.lengths != "auto":
        return options.lengths
    most = uniform_tokens(shape, (min_size,) * len(shape)) // 2
    return tuple(2**k for k in range(FEWEST_TOKENS.bit_length() - 1, most.bit_length()) if 2**k <= most)


def uniform_grids(options: SweepOptions, shape: Sequence[int]) -> tuple[PatchOptions, ...]:
    """Return plain grids for every patch size: of cells as large as a token (what a ViT does), and of larger ones."""
    grids = []
    for patch_size in options.patch_sizes:
        cell = patch_size
        while cell == patch_size or uniform_tokens(shape, (cell,) * len(shape)) >= FEWEST_TOKENS:
            grids.append(PatchOptions(mode="uniform", patch_size=patch_size, min_size=cell))
            cell *= 2
    return tuple(grids)
