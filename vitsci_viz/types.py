"""The few types that travel between rooms."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError

UNITS_IN_UM: Mapping[str, float] = {"nm": 1e-3, "um": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6}
"""Length of one unit in micrometres."""


class LevelArray(Protocol):
    """One resolution of an image: has a shape and a dtype, and is read only where it is sliced."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one value."""
        ...

    def __getitem__(self, key: Any, /) -> Any: ...


@dataclass(frozen=True, eq=False, kw_only=True)
class Image:
    """A lazy image or volume with its resolutions, axes and spacing.

    Parameters
    ----------
    levels : tuple of array-likes
        Finest first; each has ``shape``, ``dtype`` and slicing. Nothing is read before it is sliced.
    axes : str
        One letter an axis: ``"yx"``, ``"yxc"``, ``"zyx"``, ``"zyxc"``.
    spacing : tuple of float, optional
        Distance between samples along each spatial axis of the finest level, in `unit`.
    unit : str, optional
        Unit of the spacing: nm, um, mm, cm or m.
    name : str
        What to call it.
    path : Path, optional
        The file it came from.
    """

    levels: tuple[LevelArray, ...]
    axes: str
    spacing: tuple[float, ...] | None = None
    unit: str | None = None
    name: str = "image"
    path: Path | None = None

    def __post_init__(self) -> None:
        if not self.levels:
            raise InputError(f"an image must have at least one level; {self.name} has none")
        if len(self.axes) != len(self.data.shape):
            raise InputError(f"axes must name every axis: {self.axes!r} for the shape {tuple(self.data.shape)}")
        if "c" in self.axes[:-1]:
            raise InputError(f"the channel must be the last axis, got {self.axes!r}: move it with numpy.moveaxis")
        if self.unit is not None and self.unit not in UNITS_IN_UM:
            raise InputError(f"unit must be one of {', '.join(UNITS_IN_UM)}, got {self.unit!r}")
        if self.spacing is not None and len(self.spacing) != self.ndim:
            raise InputError(f"spacing must have one value per spatial axis ({self.ndim}), got {self.spacing}")
        if self.spacing is not None and not all(0 < step < math.inf for step in self.spacing):
            raise InputError(f"spacing must be positive along every axis, got {self.spacing}")

    @property
    def data(self) -> LevelArray:
        """The finest level."""
        return self.levels[0]

    @property
    def spatial_axes(self) -> str:
        """The axes without the channel."""
        return self.axes.removesuffix("c")

    @property
    def ndim(self) -> int:
        """Number of spatial axes."""
        return len(self.spatial_axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Spatial shape of the finest level."""
        return tuple(int(n) for n in self.data.shape[: self.ndim])

    @property
    def channels(self) -> int:
        """Number of channels; 1 for grey."""
        return int(self.data.shape[-1]) if self.axes.endswith("c") else 1

    @property
    def spacing_um(self) -> tuple[float, ...] | None:
        """Spacing in micrometres, or None where it is unknown."""
        length = UNITS_IN_UM.get(self.unit or "")
        return None if self.spacing is None or length is None else tuple(value * length for value in self.spacing)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Read the whole finest level; a copy is one that may be changed."""
        return np.array(self.data[...], dtype=dtype, copy=copy)


Volume = Image
"""A volume is an image whose spatial axes are z, y, x."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PatchTree:
    """The leaves of an adaptive patching, in Z-order.

    Parameters
    ----------
    shape : tuple of int
        Spatial shape of the domain in pixels.
    origin : (n, d) int64
        First pixel of each leaf.
    size : (n, d) int64
        Side of each leaf on each axis; a leaf may reach beyond the shape and is clipped where used.
    level : (n,) int16
        Depth of each leaf; the root is level 0.
    score : (n,) float64
        Detail inside each leaf (edge pixels, summed gradient, or SSE).
    """

    shape: tuple[int, ...]
    origin: NDArray[np.int64]
    size: NDArray[np.int64]
    level: NDArray[np.int16]
    score: NDArray[np.float64]

    def __post_init__(self) -> None:
        count, dimensions = self.level.size, len(self.shape)
        expected = {"origin": (count, dimensions), "size": (count, dimensions), "level": (count,), "score": (count,)}
        for name, wanted in expected.items():
            got = getattr(self, name).shape
            if got != wanted:
                raise InputError(f"{name} of a tree with {count} leaves in {dimensions}-D must be {wanted}, got {got}")

    def __len__(self) -> int:
        return len(self.level)

    def __repr__(self) -> str:
        levels = f", levels {self.level.min()} to {self.level.max()}" if len(self) else ""
        return f"PatchTree({len(self):,} leaves{levels}, shape={self.shape})"

    @property
    def ndim(self) -> int:
        """Number of spatial axes."""
        return len(self.shape)


@dataclass(frozen=True, eq=False, kw_only=True)
class PatchSequence:
    """Tokens of a tree: what a transformer is fed.

    Parameters
    ----------
    tokens : (L, *patch, c)
        One token per leaf, padding is zero.
    valid : (L,) bool
        False where a token is padding.
    tree : PatchTree
        The leaves of the valid tokens, in the same order.
    """

    tokens: NDArray[Any]
    valid: NDArray[np.bool_]
    tree: PatchTree

    def __post_init__(self) -> None:
        if self.tokens.ndim != self.tree.ndim + 2:
            raise InputError(
                f"tokens of a tree in {self.tree.ndim}-D must be (L, *patch, c) with {self.tree.ndim + 2} axes, got "
                f"{self.tokens.shape}: add the channel axis with tokens[..., None]"
            )
        leaves, rows = len(self.tree), int(np.count_nonzero(self.valid))
        if len(self.tokens) != len(self.valid) or rows != leaves:
            raise InputError(
                f"tokens must have one valid row per leaf: the tree has {leaves} leaves, got {len(self.tokens)} "
                f"tokens of which {rows} valid; build them with gather(image, tree, patch_size)"
            )

    def __repr__(self) -> str:
        return f"PatchSequence(tokens {self.tokens.shape} {self.tokens.dtype}, {len(self.tree):,} valid)"


@dataclass(frozen=True, eq=False, kw_only=True)
class Segmentation:
    """Classes of an image, with what they mean and how large a pixel is.

    Parameters
    ----------
    labels : (*shape) uint8, sliceable
        Class indices; 0 is background.
    classes : tuple of str
        Name of every index.
    probabilities : (*shape, K) float16, sliceable, optional
        Probability of every class.
    spacing : tuple of float, optional
        Distance between pixels along each spatial axis, in `unit`.
    unit : str, optional
        nm, um, mm, cm or m.
    name : str
        What to call it.
    """

    labels: LevelArray
    classes: tuple[str, ...]
    probabilities: LevelArray | None = None
    spacing: tuple[float, ...] | None = None
    unit: str | None = None
    name: str = "segmentation"


@dataclass(frozen=True, eq=False, kw_only=True)
class ScanGeometry:
    """Where the views of a parallel-beam scan were taken from.

    Parameters
    ----------
    angles_rad : (a,) float64
        Of the views, in any order; a point at (x, y) is seen at t = x cos(angle) + y sin(angle).
    centre : float, optional
        Where the rotation axis falls on the middle row, in detector pixels whose centres are at integers; None where it
        is not known yet.
    pixel_mm : float, optional
        Side of a detector pixel at the sample.
    tilt_rad : float
        Turn of the axis in the plane of the detector: in row i of n it falls at
        ``centre + tan(tilt_rad) * (i - (n - 1) / 2)``.
    """

    angles_rad: NDArray[np.float64] = field(repr=False)
    centre: float | None = None
    pixel_mm: float | None = None
    tilt_rad: float = 0.0

    def __post_init__(self) -> None:
        if self.angles_rad.ndim != 1 or not np.isfinite(self.angles_rad).all():
            raise InputError(f"angles must be one finite value per view, got an array {self.angles_rad.shape}")
        if self.centre is not None and not math.isfinite(self.centre):
            raise InputError(f"the centre must be finite, got {self.centre}: leave it out where it is not known")
        if self.pixel_mm is not None and not 0 < self.pixel_mm < math.inf:
            raise InputError(f"pixel_mm must be positive, got {self.pixel_mm}: leave it out where it is not known")
        if not abs(self.tilt_rad) < math.pi / 2:
            raise InputError(f"the tilt must be less than a right angle, got {self.tilt_rad} rad")


@dataclass(frozen=True, eq=False, kw_only=True)
class Scan:
    """A parallel-beam scan; nothing is read before it is sliced.

    Parameters
    ----------
    projections : (angle, row, column), sliceable
        Counts, or line integrals of the attenuation.
    geometry : ScanGeometry
        One angle for every view.
    flats : (f, row, column), sliceable, optional
        Counts without the sample.
    darks : (d, row, column), sliceable, optional
        Counts without the beam.
    flat_places : (f,) float64, optional
        When every flat was taken, in views: -0.5 is right before view 0 and n - 0.5 right after the last of n. None
        where the file does not say: flats then count as taken at one time.
    are_line_integrals : bool
        The projections need no flats and no logarithm.
    name : str
        What to call it.
    path : Path, optional
        The file or folder it came from.
    """

    projections: LevelArray
    geometry: ScanGeometry
    flats: LevelArray | None = None
    darks: LevelArray | None = None
    flat_places: NDArray[np.float64] | None = None
    are_line_integrals: bool = False
    name: str = "scan"
    path: Path | None = None

    def __post_init__(self) -> None:
        shape = tuple(self.projections.shape)
        if len(shape) != 3 or not all(shape):
            raise InputError(f"projections must be (angle, row, column) and not empty, got {shape}")
        if len(self.geometry.angles_rad) != shape[0]:
            raise InputError(
                f"a scan must have one angle for every view: {shape[0]:,} views, "
                f"got {len(self.geometry.angles_rad):,} angles; give those of the views alone"
            )
        for what, frames in (("flats", self.flats), ("darks", self.darks)):
            got = None if frames is None else tuple(frames.shape)
            if got is not None and (len(got) != 3 or got[1:] != shape[1:]):
                raise InputError(f"{what} must have the rows and columns of the views, {shape[1:]}, got {got}")
        if self.flat_places is not None and self.flat_places.shape != (self._flat_count,):
            raise InputError(
                f"flat_places must have one value for every flat ({self._flat_count}), got {self.flat_places.shape}"
            )

    def __repr__(self) -> str:
        kind = "line integrals" if self.are_line_integrals else f"counts {self.projections.dtype}"
        return f"Scan({self.name!r}, {self.views:,} views of {self.rows:,} x {self.columns:,}, {kind})"

    @classmethod
    def from_line_integrals(
        cls,
        sinograms: LevelArray,
        *,
        angles_rad: NDArray[np.floating],
        centre: float | None = None,
        pixel_mm: float | None = None,
    ) -> "Scan":
        """Make a scan of line integrals (angle, row, column) that are at hand.

        Examples
        --------
        >>> scan = Scan.from_line_integrals(np.zeros((180, 4, 64)), angles_rad=np.arange(180) * np.pi / 180)
        >>> scan.views, scan.rows, scan.columns
        (180, 4, 64)
        """
        angles = np.asarray(angles_rad, np.float64)
        geometry = ScanGeometry(angles_rad=angles, centre=centre, pixel_mm=pixel_mm)
        return cls(projections=sinograms, geometry=geometry, are_line_integrals=True)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Views, rows and columns."""
        views, rows, columns = self.projections.shape
        return int(views), int(rows), int(columns)

    @property
    def views(self) -> int:
        """Number of projections."""
        return self.shape[0]

    @property
    def rows(self) -> int:
        """Rows of the detector; each gives a slice."""
        return self.shape[1]

    @property
    def columns(self) -> int:
        """Columns of the detector."""
        return self.shape[2]

    @property
    def _flat_count(self) -> int:
        return 0 if self.flats is None else int(self.flats.shape[0])


@dataclass(frozen=True, eq=False, kw_only=True)
class Report:
    """What a workflow found: named results with the recipe that made them."""

    workflow: str
    results: Mapping[str, Any]
    recipe: Mapping[str, Any]
    versions: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What to run, on what, into what: the one form that every surface reads and writes.

    Parameters
    ----------
    workflow : str
        Name in the catalogue of workflows.
    inputs, outputs : mapping of str to str
        Files by the workflow's own names for them; absolute once loaded from a recipe file.
    options : mapping of str to plain values
        The workflow's science options; those left out take their defaults.

    See Also
    --------
    vitsci_viz.workflows.catalogue.load_recipe : reads and validates one.
    """

    workflow: str
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
