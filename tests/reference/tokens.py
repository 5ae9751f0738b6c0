"""Gather and scatter, one token pixel at a time."""

import itertools

import numpy as np

from tests.reference.cells import Cell


def _interval(token: int, side: int, patch: int, origin: int, end: int) -> tuple[int, int]:
    """Return the pixels of one axis that a token pixel stands for, clipped to the domain.

    A leaf that is smaller than the token is repeated: several token pixels stand for one image pixel.
    """
    if side >= patch:
        step = side // patch
        low = origin + token * step
        return min(low, end), min(low + step, end)
    low = origin + token // (patch // side)
    return min(low, end), min(low + 1, end)


def gather(image: np.ndarray, leaves: list[Cell], patch: tuple[int, ...]) -> np.ndarray:
    """Return tokens (n, *patch, c) in float64: the mean over the pixels inside, 0 where there are none."""
    ndim = len(patch)
    shape = image.shape[:ndim]
    channels = image.reshape(*shape, -1).astype(np.float64)
    tokens = np.zeros((len(leaves), *patch, channels.shape[-1]))
    for row, leaf in enumerate(leaves):
        for pixel in itertools.product(*(range(p) for p in patch)):
            box = tuple(
                slice(*_interval(t, s, p, o, n))
                for t, s, p, o, n in zip(pixel, leaf.size, patch, leaf.origin, shape, strict=True)
            )
            inside = channels[box].reshape(-1, channels.shape[-1])
            if len(inside):
                tokens[(row, *pixel)] = inside.mean(axis=0)
    return tokens


def class_fractions(mask: np.ndarray, leaves: list[Cell], patch: tuple[int, ...], classes: int) -> np.ndarray:
    """Return tokens (n, *patch, classes): the share of each class among the pixels inside."""
    one_hot = np.stack([mask == value for value in range(classes)], axis=-1)
    return gather(one_hot, leaves, patch)


def scatter(tokens: np.ndarray, leaves: list[Cell], shape: tuple[int, ...]) -> np.ndarray:
    """Give every pixel the token pixel it lies in; returns (*shape, c)."""
    patch = tokens.shape[1:-1]
    result = np.zeros((*shape, tokens.shape[-1]), tokens.dtype)
    for row, leaf in enumerate(leaves):
        for pixel in itertools.product(*(range(part.start, part.stop) for part in leaf.slices(shape))):
            index = tuple((x - o) * p // s for x, o, p, s in zip(pixel, leaf.origin, patch, leaf.size, strict=True))
            result[pixel] = tokens[(row, *index)]
    return result
