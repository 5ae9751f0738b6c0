"""Errors that users can act on: each says what must hold, what came and what to do."""


class VitsciVizError(Exception):
    """Base of every error that is the user's to mend (exit code 2 at the command line)."""


class InputError(VitsciVizError, ValueError):
    """An array, file or value does not satisfy what the operation needs."""


class OptionError(VitsciVizError, ValueError):
    """An option is unknown, out of range or clashes with another one."""


class MissingFileError(VitsciVizError, FileNotFoundError):
    """A file that was named does not exist."""

    # FileNotFoundError formats itself from errno and file name; ours is one sentence.
    __str__ = Exception.__str__


class OutputExistsError(VitsciVizError, FileExistsError):
    """An output exists already and overwriting was not asked for."""

    __str__ = Exception.__str__


class OutputError(VitsciVizError, OSError):
    """An output could not be written (full disk, read-only place)."""

    __str__ = Exception.__str__


class OutsideRootError(VitsciVizError, PermissionError):
    """A path leads outside the folders that may be opened."""

    __str__ = Exception.__str__


class MissingExtraError(VitsciVizError, ImportError):
    """An optional dependency is not installed."""

    __str__ = Exception.__str__


class Cancelled(Exception):
    """The user stopped a running task: an outcome, not a mistake; nothing half-written stays behind."""
