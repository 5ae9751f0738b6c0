"""Rings of a slice are stripes of its sinogram: ways to remove them, behind one option."""

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # pyright: ignore[reportMissingTypeStubs]

from vitsci_viz.errors import OptionError
from vitsci_viz.extras import missing_extra
from vitsci_viz.params import fields_of
from vitsci_viz.reconstruction.options import PreprocessOptions
from vitsci_viz.reconstruction.ring_kernels import running_median

Floats32 = NDArray[np.float32]
RingRemoval = Callable[[Floats32, PreprocessOptions], Floats32]


def level_mean(sinogram: Floats32, size: int) -> Floats32:
    """Take from every column what the mean view has beyond its running median.

    Parameters
    ----------
    sinogram : (angle, column) float32
        Line integrals of one row.
    size : int
        Columns of the median; wider stripes stay.

    References
    ----------
    Boin and Haibel, Compensation of ring artefacts in synchrotron tomographic images, Opt. Express 14, 2006 (there by
    division).
    """
    mean = sinogram.mean(axis=0, dtype=np.float64)
    return (sinogram - (mean - ndimage.median_filter(mean, size, mode="reflect"))).astype(np.float32)


def sort_and_smooth(sinogram: Floats32, size: int) -> Floats32:
    """Sort every column over the views, take the running median across columns, and sort back.

    Sorted, neighbouring columns are nearly alike, and what differs is the pixel's own response at that brightness: a
    stripe is removed whatever its strength depends on.

    Parameters
    ----------
    sinogram : (angle, column) float32
        Line integrals of one row.
    size : int
        Columns of the median, at most those of the detector.

    References
    ----------
    Vo, Atwood and Drakopoulos, Superior techniques for eliminating ring artifacts in X-ray micro-tomography,
    Opt. Express 26, 2018, algorithm 3.
    """
    columns = np.ascontiguousarray(sinogram.T)
    order = np.argsort(columns, axis=1, kind="stable")
    ranked = np.ascontiguousarray(np.take_along_axis(columns, order, axis=1).T)
    smooth = np.empty_like(ranked)
    running_median(ranked, size, smooth)
    np.put_along_axis(columns, order, smooth.T, axis=1)
    return np.ascontiguousarray(columns.T)


def _by_algotom(function: str, arguments: Callable[[PreprocessOptions], Mapping[str, Any]]) -> RingRemoval:
    """Return a method of algotom, and which arguments our options are to it.

    They divide by columns or take a logarithm themselves, so they are given the transmission: line integrals of air
    are zero or less.
    """

    def remove(sinogram: Floats32, options: PreprocessOptions) -> Floats32:
        try:
            removal: Any = importlib.import_module("algotom.prep.removal")
        except ImportError as error:
            raise missing_extra(error) or error from None
        transmitted = np.exp(-sinogram)
        mended = np.asarray(getattr(removal, function)(transmitted, **arguments(options)), np.float32)
        return -np.log(np.maximum(mended, min(options.floor, float(transmitted.min()))))

    return remove


def _size(options: PreprocessOptions) -> Mapping[str, Any]:
    return {"size": options.ring_size}


def _large_size(options: PreprocessOptions) -> Mapping[str, Any]:
    return {"snr": options.ring_ratio, "size": options.large_ring_size}


def _both_sizes(options: PreprocessOptions) -> Mapping[str, Any]:
    return {"snr": options.ring_ratio, "la_size": options.large_ring_size, "sm_size": options.ring_size}


def _sigma(options: PreprocessOptions) -> Mapping[str, Any]:
    # A Gaussian of this deviation is about as wide as the window; their default, 15, takes edges of the sample along.
    return {"sigma": max(1, round(options.ring_size / 7))}


METHODS: Mapping[str, RingRemoval] = {
    "none": lambda sinogram, _: sinogram,
    "mean": lambda sinogram, options: level_mean(sinogram, options.ring_size),
    "sorting": lambda sinogram, options: sort_and_smooth(sinogram, options.ring_size),
    "combined": _by_algotom("remove_all_stripe", _both_sizes),
    "large": _by_algotom("remove_large_stripe", _large_size),
    "dead": _by_algotom("remove_dead_stripe", _large_size),
    "filtering": _by_algotom("remove_stripe_based_filtering", _size),
    "normalization": _by_algotom("remove_stripe_based_normalization", _sigma),
    "fitting": _by_algotom("remove_stripe_based_fitting", lambda _: {}),
    # Their default, 0.0005, bends the whole sinogram.
    "regularization": _by_algotom("remove_stripe_based_regularization", lambda _: {"alpha": 0.1}),
    "fourier": _by_algotom("remove_stripe_based_fft", lambda _: {}),
    "wavelet": _by_algotom("remove_stripe_based_wavelet_fft", lambda _: {}),
}
"""Ring methods by name: line integrals (angle, column) of one row in, the same out."""


def remove_rings(sinogram: Floats32, options: PreprocessOptions) -> Floats32:
    """Remove the stripes of one row's sinogram by the method that the options name.

    Parameters
    ----------
    sinogram : (angle, column) float32
        Line integrals; left as it is.
    options : PreprocessOptions
        `rings` and what belongs to it.

    Raises
    ------
    OptionError
        The windows are wider than the detector.
    MissingExtraError
        The method is algotom's, and that is not installed.
    """
    columns = sinogram.shape[1]
    for field in fields_of(PreprocessOptions):
        is_window = field.unit == "px" and options.rings in field.applies.get("rings", ())
        if is_window and getattr(options, field.name) > columns:
            raise OptionError(
                f"{field.name} must be at most the detector's {columns} columns, got {getattr(options, field.name)}"
            )
    return METHODS[options.rings](sinogram, options)
