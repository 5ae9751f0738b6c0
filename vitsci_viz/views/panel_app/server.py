"""Serve the dashboard: one address, files only below the root, nothing from outside, nobody else without a password."""

import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitsci_viz.errors import InputError, MissingFileError, OptionError
from vitsci_viz.extras import missing_extra
from vitsci_viz.views.panel_app.access import check_address, check_password, is_local, origins, sign_in
from vitsci_viz.views.panel_app.frame import HOME, PAGES
from vitsci_viz.views.panel_app.library import Library, default_runs
from vitsci_viz.workflows.catalogue import SAMPLE_PREFIX

DEFAULT_SAMPLE = "ihc"
TRIED_PORTS = 20


@dataclass(frozen=True, kw_only=True)
class AppSettings:
    """What one server offers to everybody who opens it.

    Parameters
    ----------
    root : Path, optional
        Folder below which files may be opened.
    max_upload_mb : int
        Largest upload in MiB.
    sample : str, optional
        Sample that is open at first; None starts empty.
    runs : Path, optional
        Folder of training runs and of the jobs that make them; default `library.default_runs`.
    """

    root: Path | None = None
    max_upload_mb: int = 512
    sample: str | None = DEFAULT_SAMPLE
    runs: Path | None = None


def serve(
    *,
    root: Path | str | None = None,
    port: int = 5006,
    address: str = "localhost",
    open_browser: bool = False,
    basic_auth: str | None = None,
    max_upload_mb: int = 512,
    allow_remote: bool = False,
    sample: str | None = DEFAULT_SAMPLE,
    runs: Path | str | None = None,
    block: bool = True,
) -> Any:
    """Serve the dashboard until Ctrl-C.

    Parameters
    ----------
    root : path, optional
        Folder below which files may be opened; None offers samples and uploads alone.
    port : int
        Port; 0 takes any free one, and the next free one is taken (and said) where this one is in use.
    address : str
        Address to listen on.
    open_browser : bool
        Open a browser window.
    basic_auth : str, optional
        Password, or a JSON file of users and passwords.
    max_upload_mb : int
        Largest file that may be uploaded, in MiB.
    allow_remote : bool
        Listen beyond this machine without a password.
    sample : str, optional
        Sample that is open at first; None starts empty.
    runs : path, optional
        Folder of training runs, made at the first one; default ``runs`` below the root, else in the user's data folder.
    block : bool
        Wait until the server is stopped; else return it started (for tests).

    Returns
    -------
    panel.io.server.Server
        The server.

    Raises
    ------
    MissingFileError, InputError
        The root does not exist or is no folder.
    OptionError
        The address reaches beyond this machine and there is no password; the password is empty; no port is free.
    """
    root = check_root(root)
    settings = AppSettings(root=root, max_upload_mb=max_upload_mb, sample=sample, runs=check_runs(runs, root))
    check_password(basic_auth)
    check_address(address, has_auth=basic_auth is not None, allow_remote=allow_remote)
    port = find_port(address, port)
    try:
        import panel as pn
    except ImportError as error:
        raise missing_extra(error) or error from None
    from vitsci_viz.views.panel_app.warmup import warm_up_in_background

    for entry in PAGES.values():
        entry.load()  # before the first visitor has to wait for it
    pn.extension()
    server = pn.io.server.get_server(
        addresses(settings), port=port, address=address, **sign_in(basic_auth), title="vitsci_viz", show=open_browser,
        start=False, location=False, websocket_max_message_size=32 * 2**20,
        websocket_origin=origins(address, port, allow_remote=allow_remote or basic_auth is not None),
        unused_session_lifetime_milliseconds=15_000, check_unused_sessions_milliseconds=5_000,
    )  # fmt: skip
    server.start()
    warm_up_in_background()
    print(f"vitsci_viz: http://{'localhost' if is_local(address) else address}:{server.port}/  (Ctrl-C stops)")  # noqa: T201
    if block:
        try:
            server.io_loop.start()
        finally:
            server.stop()
    return server


def addresses(settings: AppSettings) -> dict[str, Any]:
    """Return what is served at each address."""
    return {"/": app(settings), **{f"/{name}": app(settings, name) for name in PAGES}}


def app(settings: AppSettings, name: str = HOME) -> Any:
    """Return the function that makes a page of one browser tab."""

    def make() -> Any:
        import panel as pn

        document: Any = pn.state.curdoc
        # Panel sets this as it renders the page: a session that a late web socket makes anew would ask a CDN for styles
        document._template_variables.setdefault("dist_url", pn.io.resources.LOCAL_DIST)
        desk = Desk(document.add_next_tick_callback)
        runs = check_runs(settings.runs, settings.root)
        library = Library(root=settings.root, max_upload_bytes=settings.max_upload_mb * 2**20, runs=runs)
        page = PAGES[name].load()(library, desk.post)

        def close(_: Any) -> None:
            desk.close()
            page.close()

        document.on_session_destroyed(close)
        page.start(_query(document), sample=settings.sample and SAMPLE_PREFIX + settings.sample)
        pn.state.onload(desk.open)
        return page.template()

    return make


class Desk:
    """Hands results of worker threads to the document's thread; what comes before the page is loaded waits for it.

    Parameters
    ----------
    schedule : callable
        Runs a function on the document's thread, such as ``document.add_next_tick_callback``.

    Notes
    -----
    Panel 1.9 drops changes between the moment when the browser takes the document and the one when it says that it has
    drawn it, hence the wait.
    """

    def __init__(self, schedule: Callable[[Callable[[], None]], Any]) -> None:
        self._schedule = schedule
        self._lock = threading.Lock()
        self._early: list[Callable[[], None]] | None = []
        self._is_closed = False

    def post(self, function: Callable[[], None]) -> None:
        """Run a function on the document's thread, soon; from any thread."""
        with self._lock:
            if self._is_closed:
                return
            if self._early is not None:
                self._early.append(function)
                return
        self._schedule(function)

    def open(self) -> None:
        """Let what came early run; called on the document's thread once the browser has drawn the page."""
        with self._lock:
            early, self._early = self._early or [], None
        for function in early:
            function()

    def close(self) -> None:
        """Take nothing any more: the page is gone."""
        with self._lock:
            self._is_closed = True


def _query(document: Any) -> str:
    request = getattr(document.session_context, "request", None)
    return "" if request is None else query_of(request.arguments)


def query_of(arguments: Mapping[str, list[bytes]]) -> str:
    """Return the arguments of a request as a query; bytes that are no text show as such in the message about them.

    >>> query_of({"source": [b"a b.png"], "mask": [b""]})
    'source=a+b.png&mask='
    """
    from urllib.parse import urlencode

    return urlencode([(name, value.decode(errors="replace")) for name, values in arguments.items() for value in values])


def check_root(root: Path | str | None) -> Path | None:
    """Return the root as an absolute path.

    Raises
    ------
    MissingFileError, InputError
        It does not exist, or is no folder.
    """
    if root is None:
        return None
    path = Path(root).expanduser().resolve()
    if not path.exists():
        raise MissingFileError(f"the data root {root} does not exist: name a folder that does")
    if not path.is_dir():
        raise InputError(f"the data root must be a folder, got the file {root}: name the folder it lies in")
    return path


def check_runs(runs: Path | str | None, root: Path | None) -> Path:
    """Return the folder of training runs as an absolute path; it need not exist yet.

    Parameters
    ----------
    runs : path, optional
        The folder; default ``runs`` below the root, or in the user's data folder where there is no root.
    root : Path, optional
        The data root.

    Raises
    ------
    InputError
        It is a file.
    """
    path = default_runs(root) if runs is None else Path(runs).expanduser().resolve()
    if path.exists() and not path.is_dir():
        raise InputError(f"runs must be a folder, got the file {path}: name another with --runs")
    return path


def find_port(address: str, port: int) -> int:
    """Return the port, or the next free one; 0 stays 0.

    Raises
    ------
    OptionError
        None of the next ports is free, or the address cannot be listened on.
    """
    if not 0 <= port <= 65535:
        raise OptionError(f"port must be from 0 to 65535, got {port}")
    if port == 0:
        return 0
    last = min(port + TRIED_PORTS, 65536)
    for candidate in range(port, last):
        if is_free(address, candidate):
            if candidate != port:
                print(f"vitsci_viz: port {port} is taken, using {candidate}")  # noqa: T201
            return candidate
    raise OptionError(f"no port from {port} to {last - 1} is free on {address}: choose another with --port")


def is_free(address: str, port: int) -> bool:
    """Tell whether a port can be listened on."""
    try:
        for family, kind, protocol, _, place in socket.getaddrinfo(address or None, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind(place)
    except socket.gaierror as error:
        raise OptionError(f"address {address!r} is not known on this machine: {error.strerror}") from None
    except OSError:
        return False
    return True
