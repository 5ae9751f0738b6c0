"""Which runs there are, and which of their images may be opened: only what lies below the folders of the server."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.io.fetching import cache_folder
from vitsci_viz.io.roots import resolve_below
from vitsci_viz.progress import Progress
from vitsci_viz.training.records import Record, find_records
from vitsci_viz.training.run_folder import RunFolder
from vitsci_viz.types import Image
from vitsci_viz.views.panel_app.library import Library
from vitsci_viz.views.session.runs import RunSummary, find_runs
from vitsci_viz.views.session.segment_session import Source

RUN_PREFIX = "run:"
"""An image of the run's own table, by its name in there."""


@dataclass(frozen=True, kw_only=True)
class RunImages:
    """The images of a run, and what to know about them (``note``; empty if all is well)."""

    sources: tuple[Source, ...]
    note: str = ""


def runs_of(library: Library) -> tuple[RunSummary, ...]:
    """Find the runs that a page may open: those in the folder of runs, and those below the data root."""
    return find_runs([folder for folder in (library.runs, library.root) if folder is not None and folder.is_dir()])


def where_of(library: Library) -> str:
    """Say where runs are looked for."""
    names = dict.fromkeys(folder.name for folder in (library.runs, library.root) if folder is not None)
    return f"Runs are looked for below {' and '.join(names)}." if names else "The server was given no folder of runs."


def images_of(run: Path, library: Library) -> RunImages:
    """Return the images that a run was made from, those of validation first."""
    try:
        records = find_records(RunFolder(run).splits)
    except VitsciVizError as error:
        return RunImages(sources=(), note=f"The images of this run cannot be listed: {library.shortened(str(error))}")
    roots = _roots(library)
    inside = [record for record in records if _lies_below(record, roots)]
    missing = len(records) - len(inside)
    note = (
        f"{missing:,} of {len(records):,} images of this run lie outside the data root and are not listed: start with "
        "--root FOLDER above them"
        if missing
        else ""
    )
    ordered = sorted(inside, key=lambda record: (record.split != "val", record.name))
    return RunImages(sources=tuple(_source_of(record) for record in ordered), note=note)


def chosen_source(library: Library, source: str, mask: str | None) -> Source:
    """Return an image that the user chose, with the mask beside it."""

    def open_it(progress: Progress) -> tuple[Image, Image | None]:
        return library.open(source, mask, keep_values=True, progress=progress)

    name = source.rpartition(":")[2].rpartition("/")[2]
    return Source(key=f"{source}|{mask or ''}", name=name, open=open_it, link=source, mask=mask)


def _source_of(record: Record) -> Source:
    def open_it(progress: Progress) -> tuple[Image, Image | None]:
        from vitsci_viz.io import read_image, read_mask

        return read_image(record.image), read_mask(record.mask, keep_values=True)

    # a file that was replaced is another image
    key = f"{record.image}|{record.mask}|{record.image.stat().st_mtime_ns}"
    link = f"{RUN_PREFIX}{record.name}"
    return Source(key=key, name=record.name, open=open_it, link=link, group=record.group, split=record.split)


def _roots(library: Library) -> list[Path]:
    return [folder for folder in (library.root, library.runs, cache_folder()) if folder is not None]


def _lies_below(record: Record, roots: Sequence[Path]) -> bool:
    try:
        for path in (record.image, record.mask):
            resolve_below(path.resolve(), roots)
    except VitsciVizError:
        return False
    return True
