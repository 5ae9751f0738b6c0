"""Random domains, detail maps and images, drawn small; and how a fast tree is held against a slow one."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from tests.reference.cells import Cell, Score, sum_score
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import Image, PatchTree

AXES = {1: "x", 2: "yx", 3: "zyx"}
LONGEST = {1: 90, 2: 24, 3: 9}


def as_image(array: np.ndarray, ndim: int) -> Image:
    """Wrap an array so that its axes are not guessed."""
    return Image(levels=(array,), axes=AXES[ndim] + ("c" if array.ndim > ndim else ""))


@dataclass(frozen=True)
class Case:
    """A detail map on a domain with the sides of its finest leaf."""

    detail: np.ndarray
    min_size: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.detail.shape

    @property
    def score(self) -> Score:
        return sum_score(self.detail)

    def options(self, **changes: object) -> PatchOptions:
        """Return options with the finest leaf of the case."""
        return PatchOptions(**{"patch_size": self.min_size, "min_size": self.min_size, **changes})

    def tree(self, **changes: object) -> PatchTree:
        """Build the fast tree on the detail map."""
        blank = as_image(np.zeros(self.shape, np.uint8), len(self.shape))
        return build_tree(blank, self.options(**changes), detail=self.detail)


def shapes(ndim: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw non-square, odd and one-pixel-wide shapes."""
    return st.tuples(*[st.integers(1, LONGEST[ndim])] * ndim)


def sides(ndim: int, largest: int = 4) -> st.SearchStrategy[tuple[int, ...]]:
    """Draw one power of two per axis, equal or not."""
    powers = [side for side in (1, 2, 4, 8, 16) if side <= largest]
    return st.tuples(*[st.sampled_from(powers)] * ndim)


@st.composite
def cases(draw: st.DrawFn, kinds: tuple[str, ...] = ("edges", "amounts")) -> Case:
    """Draw a domain with 0/1 edges, or amounts in eighths (so that sums are exact in any order)."""
    ndim = draw(st.integers(1, 3))
    shape = draw(shapes(ndim))
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    occupied = random.random(shape) < draw(st.sampled_from([0.0, 0.03, 0.2, 0.7]))
    if draw(st.sampled_from(kinds)) == "edges":
        detail = occupied.astype(np.uint8)
    else:
        detail = occupied * random.integers(0, 80, shape) / 8
    return Case(detail, draw(sides(ndim)))


@st.composite
def images(
    draw: st.DrawFn, dtypes: tuple[str, ...] = ("uint8", "uint16", "float32"), channels: tuple[int, ...] = (0, 1, 3)
) -> tuple[np.ndarray, int]:
    """Draw an image of random pixels with its number of spatial axes; 0 channels means no channel axis."""
    ndim = draw(st.integers(1, 3))
    count = draw(st.sampled_from(channels))
    shape = draw(shapes(ndim)) + ((count,) if count else ())
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    return random.integers(0, 200, shape).astype(dtype), ndim


def sparse_tree(shape: tuple[int, ...], min_size: tuple[int, ...], seed: int = 0, **mode: object) -> PatchTree:
    """Build a tree on random edges, one pixel in twenty."""
    detail = (np.random.default_rng(seed).random(shape) < 0.05).astype(np.uint8)
    return Case(detail, min_size).tree(**(mode or {"split_value": 1}))


def assert_same_leaves(tree: PatchTree, leaves: list[Cell], score: Score | None = None) -> None:
    """Hold a fast tree against slow leaves: same boxes, same order, same scores."""
    assert len(tree) == len(leaves), f"{len(tree)} leaves, the reference has {len(leaves)}"
    np.testing.assert_array_equal(tree.origin, [leaf.origin for leaf in leaves])
    np.testing.assert_array_equal(tree.size, [leaf.size for leaf in leaves])
    np.testing.assert_array_equal(tree.level, [leaf.level for leaf in leaves])
    if score is not None:
        np.testing.assert_allclose(tree.score, [score(leaf) for leaf in leaves], rtol=1e-9, atol=1e-9)
