"""Where images come from: samples, files below the data root, uploads; nothing else is ever opened."""

import shutil
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.io.scan_angles import AngleUnit
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Image, Scan
from vitsci_viz.workflows.catalogue import SAMPLE_PREFIX

UPLOAD_PREFIX = "upload:"
DATA_FOLDERS = ("images", "masks")
"""What a folder to train on holds."""
TABLE_SUFFIX = ".csv"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a folder: a folder to enter, a file to open, or images and masks to train on (`is_data`)."""

    name: str
    path: str
    is_folder: bool
    bytes: int
    is_data: bool = False


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A folder below the data root, with the folders above it from the root down."""

    path: str
    parents: tuple[tuple[str, str], ...]
    entries: tuple[Entry, ...]
    hidden: int


@dataclass(kw_only=True)
class Library:
    """The images that one session may open.

    Parameters
    ----------
    root : Path, optional
        Folder below which files may be opened; None offers samples and uploads alone.
    max_upload_bytes : int
        Largest file that may be uploaded.
    runs : Path, optional
        Folder of training runs; default `default_runs`.
    """

    root: Path | None = None
    max_upload_bytes: int = 512 * 2**20
    runs: Path | None = None
    recent: list[str] = field(default_factory=list)
    _uploads: dict[str, Path] = field(default_factory=dict)
    _folder: Path | None = None

    def samples(self) -> list[dict[str, Any]]:
        """Describe the samples in plain values."""
        from vitsci_viz.io.samples import list_samples

        return [
            {
                "name": SAMPLE_PREFIX + sample.name,
                "title": sample.title,
                "note": sample.description,
                "mask": sample.has_mask,
            }
            for sample in list_samples()
        ]

    def data_sets(self) -> list[dict[str, Any]]:
        """Describe the samples that can be trained on, in plain values."""
        from vitsci_viz.io.samples import list_sets

        return [
            {"name": SAMPLE_PREFIX + sample.name, "title": sample.title, "note": sample.description}
            for sample in list_sets()
        ]

    def scan_samples(self) -> list[dict[str, Any]]:
        """Describe the samples that can be reconstructed, in plain values."""
        from vitsci_viz.io.samples import list_scans

        return [
            {"name": SAMPLE_PREFIX + sample.name, "title": sample.title, "note": sample.description, "mask": False}
            for sample in list_scans()
        ]

    def open_scan(
        self, source: str, *, angles: str = "", angle_unit: str = "auto", progress: Progress = silent
    ) -> Scan:
        """Open a scan: a sample, a path below the root (a folder of pictures too) or an upload.

        Parameters
        ----------
        source : str
            The scan.
        angles : str
            ``START:STOP:COUNT`` or a file below the root; empty takes those of the scan.
        angle_unit : str
            ``auto``, ``deg`` or ``rad``.
        progress : callable
            Told while a sample is made on its first use.

        Raises
        ------
        OutsideRootError, MissingFileError, InputError
            The path leads elsewhere, does not exist, or holds no scan.
        """
        from vitsci_viz.io.samples import open_scan
        from vitsci_viz.io.scans import read_scan

        try:
            if source.startswith(SAMPLE_PREFIX):
                return open_scan(source.removeprefix(SAMPLE_PREFIX), progress=progress)
            unit = cast("AngleUnit | None", None if angle_unit == "auto" else angle_unit)
            return read_scan(self._file(source), angles=self.angles_path(angles) or None, angle_unit=unit)
        except InputError as error:
            raise InputError(self.shortened(str(error))) from error

    def scan_path(self, source: str) -> str:
        """Return where a scan lies: a sample as it is named, anything else as a path of the server."""
        return source if source.startswith(SAMPLE_PREFIX) else str(self._file(source))

    def angles_path(self, angles: str) -> str:
        """Return where a file of angles lies; a range of angles, or nothing, as it is."""
        return angles if not angles or ":" in angles else str(self.resolve(angles))

    def runs_folder(self) -> Path:
        """Return the folder of training runs; it need not exist yet."""
        return self.runs or default_runs(self.root)

    def data_path(self, source: str) -> str:
        """Return where images and masks lie: a sample as it is named, anything else below the root.

        Raises
        ------
        OutsideRootError, MissingFileError, InputError
            The path leads elsewhere or does not exist.
        """
        return source if source.startswith(SAMPLE_PREFIX) else str(self.resolve(source))

    def source_of(self, data: str) -> str:
        """Return what the user calls the data of a recipe: a path below the root is shortened."""
        if data.startswith(SAMPLE_PREFIX) or self.root is None or not Path(data).is_absolute():
            return data
        root = self._root()
        return Path(data).relative_to(root).as_posix() if Path(data).is_relative_to(root) else data

    def listing(self, path: str = "", *, for_training: bool = False, for_scans: bool = False) -> Listing:
        """Read a folder below the root: folders first, then the files that can be opened.

        Parameters
        ----------
        path : str
            The folder, below the root.
        for_training : bool
            List tables of images and masks in place of images, and say which folders hold both.
        for_scans : bool
            List files that may hold projections in place of images.

        Raises
        ------
        OutsideRootError, MissingFileError, InputError
            The path leads elsewhere, does not exist, or is no folder.
        """
        root, folder = self._root(), self.resolve(path)
        if not folder.is_dir():
            raise InputError(f"{path} must be a folder: open it as an image instead")
        seen = sorted(folder.iterdir(), key=lambda item: item.name.lower())
        make = _data_entry if for_training else _entry
        if for_scans:
            make = _scan_entry
        found = [make(item, root) for item in seen if not item.name.startswith(".")]
        entries = [entry for entry in found if entry is not None]
        inside = folder.relative_to(root).parts
        parents = tuple((part, "/".join(inside[: depth + 1])) for depth, part in enumerate(inside))
        return Listing(
            path="/".join(inside),
            parents=((root.name or str(root), ""), *parents),
            entries=tuple(sorted(entries, key=lambda entry: not entry.is_folder)),
            hidden=len(found) - len(entries),
        )

    def resolve(self, path: str) -> Path:
        """Return the file or folder that a path below the root names, links resolved."""
        from vitsci_viz.io.roots import resolve_below

        return resolve_below(path, [self._root()])

    def open(
        self, source: str, mask: str | None = None, *, keep_values: bool = False, progress: Progress = silent
    ) -> tuple[Image, Image | None]:
        """Open a sample, a path below the root or an upload, with the mask beside it.

        Parameters
        ----------
        source : str
            ``sample:NAME``, a path below the root, or ``upload:NAME``.
        mask : str, optional
            The same for a mask; a sample brings its own when this is None, and "" leaves it out.
        keep_values : bool
            A mask with two values keeps them; else they become 0 and 1.
        progress : callable
            Told while a sample is made on its first use.
        """
        from vitsci_viz.io import read_image, read_mask
        from vitsci_viz.io.samples import open_sample
        from vitsci_viz.workflows.inputs import take_part

        try:
            if source.startswith(SAMPLE_PREFIX):
                image, own = open_sample(source.removeprefix(SAMPLE_PREFIX), progress=progress)
            else:
                image, own = read_image(self._file(source)), None
            found = read_mask(self._file(mask), keep_values=keep_values) if mask else own
        except InputError as error:
            raise InputError(self.shortened(str(error))) from error
        return take_part(image, None if mask == "" else found, level=0, roi=None)

    def remember(self, source: str) -> None:
        """Put a source on top of the recent ones."""
        self.recent = [source, *(each for each in self.recent if each != source)][:8]

    def start_upload(self, name: str, size: int, suffixes: Collection[str] = ()) -> "Upload":
        """Begin to receive a file that ends in one of some suffixes; without them, in one of an image.

        Raises
        ------
        InputError
            The file is larger than allowed, or of a kind that cannot be opened.
        """
        from vitsci_viz.io import known_suffixes

        name = Path(name.replace("\\", "/")).name
        self.check_upload_size(name, size)
        known = sorted(suffixes or known_suffixes())
        if not name.lower().endswith(tuple(known)):
            raise InputError(f"{name} is of no known kind: upload one of {', '.join(known)}")
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="vitsci-viz-upload-"))
        return Upload(self, name, self._folder / name)

    def check_upload_size(self, name: str, size: int) -> None:
        """Refuse what is larger than allowed."""
        if size > self.max_upload_bytes:
            limit = self.max_upload_bytes / 2**20
            raise InputError(
                f"{name} must be at most {limit:,.0f} MiB to be uploaded, got {size / 2**20:,.0f} MiB: put it below "
                "the data root and browse to it, or start the server with a higher --max-upload-mb"
            )

    def finish_upload(self, name: str, path: Path) -> str:
        """Offer a received file under its source name."""
        self._uploads[UPLOAD_PREFIX + name] = path
        return UPLOAD_PREFIX + name

    def close(self) -> None:
        """Remove what was uploaded."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def shortened(self, words: str) -> str:
        """Take the folders of the server out of a message: the user knows a name, not where it was put."""
        for folder in (self._folder, self.runs, self.root):
            if folder is not None:
                words = words.replace(f"{folder.resolve()}/", "").replace(str(folder.resolve()), folder.name)
        return words

    def _root(self) -> Path:
        if self.root is None:
            raise InputError("files can be opened only below a data root: start with vitsci-viz serve --root FOLDER")
        return self.root.resolve()

    def _file(self, source: str) -> Path:
        if source.startswith(UPLOAD_PREFIX):
            if source not in self._uploads:
                raise MissingFileError(
                    f"{source.removeprefix(UPLOAD_PREFIX)} was uploaded in another session and is gone: upload it again"
                )
            return self._uploads[source]
        return self.resolve(source)


class Upload:
    """A file on its way: pieces are written as they come, the limit is checked on what really came."""

    def __init__(self, library: Library, name: str, path: Path) -> None:
        self.name = name
        self.received = 0
        self._library, self.path = library, path
        self._file: IO[bytes] = path.open("wb")

    def add(self, piece: bytes) -> None:
        """Write one piece; beyond the limit the upload is thrown away and InputError raised."""
        self.received += len(piece)
        try:
            self._library.check_upload_size(self.name, self.received)
            self._file.write(piece)
        except (InputError, OSError):
            self.abandon()
            raise

    def finish(self) -> str:
        """Close the file and return its source name."""
        self._file.close()
        return self._library.finish_upload(self.name, self.path)

    def abandon(self) -> None:
        """Throw away what came."""
        self._file.close()
        self.path.unlink(missing_ok=True)


def default_runs(root: Path | None) -> Path:
    """Return the folder of training runs: below the root, or in the user's data folder where there is no root."""
    if root is not None:
        return root / "runs"
    import platformdirs

    return platformdirs.user_data_path("vitsci_viz") / "runs"


def _entry(item: Path, root: Path) -> Entry | None:
    from vitsci_viz.io import known_suffixes

    if not item.resolve().is_relative_to(root):
        return None
    is_image = item.name.lower().endswith(tuple(known_suffixes()))
    if not is_image and not item.is_dir():
        return None
    size = item.stat().st_size if item.is_file() else 0
    return Entry(name=item.name, path=item.relative_to(root).as_posix(), is_folder=not is_image, bytes=size)


def _data_entry(item: Path, root: Path) -> Entry | None:
    if not item.resolve().is_relative_to(root):
        return None
    path = item.relative_to(root).as_posix()
    if item.is_dir():
        is_data = all((item / part).is_dir() for part in DATA_FOLDERS)
        return Entry(name=item.name, path=path, is_folder=True, bytes=0, is_data=is_data)
    if item.suffix.lower() != TABLE_SUFFIX:
        return None
    return Entry(name=item.name, path=path, is_folder=False, bytes=item.stat().st_size, is_data=True)


def _scan_entry(item: Path, root: Path) -> Entry | None:
    from vitsci_viz.io.scans import SCAN_READERS

    if not item.resolve().is_relative_to(root):
        return None
    is_scan = item.is_file() and item.suffix.lower() in SCAN_READERS
    if not is_scan and not item.is_dir():
        return None
    size = item.stat().st_size if is_scan else 0
    return Entry(name=item.name, path=item.relative_to(root).as_posix(), is_folder=not is_scan, bytes=size)
