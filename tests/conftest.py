"""Fixtures that every room's tests share: real data, artefacts, a real browser."""

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

pytest.register_assert_rewrite("tests.patching.cases", "tests.reference.laws")

from tests.pictures import keep  # noqa: E402 - what helps tests is asked to explain its assertions before any import

ROOT = Path(__file__).parent.parent

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOCAL_URLS = ("data:", "blob:", "about:")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")

# One thread a process: workers of pytest-xdist share the cores, and threads that wait for each other waste them. Set
# before torch is imported; processes that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# The same examples in every run: a failure here is a failure everywhere.
settings.register_profile(
    "deterministic",
    derandomize=True,
    deadline=None,
    max_examples=30,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("deterministic")

_left_out = pytest.StashKey[int]()


# Real data: tests that need it are deselected, with one count, where there is none.


def _data_folder() -> Path | None:
    named = os.environ.get("VITSCI_VIZ_DATA")
    return Path(named).resolve() if named else None


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data; tests that take it are marked `data`."""
    folder = _data_folder()
    if folder is None or not folder.is_dir():
        pytest.fail(f"VITSCI_VIZ_DATA must name the folder of real data, got {folder}; mark the test `data`")
    return folder


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs absent data, and skip what needs an absent GPU."""
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if on_gpu and not _has_gpu():
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))
    left_out = [] if _data_folder() else [item for item in items if item.get_closest_marker("data")]
    config.stash[_left_out] = len(left_out)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("data")]


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the count over from a worker of pytest-xdist: only workers collect."""
    node.config.stash[_left_out] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand the count to the process that prints the summary."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(_left_out, 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say once how many tests wait for real data."""
    count = config.stash.get(_left_out, 0)
    if count:
        terminalreporter.write_line(f"{count} tests need real data and were left out: set VITSCI_VIZ_DATA to run them")


# Artefacts: pictures that a person looks at after the run.


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """The folder where tests leave screenshots and figures."""
    folder = ROOT / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def keep_picture(artefacts: Path) -> Callable[[str, bytes], Path]:
    """``keep_picture("hero", page.screenshot())`` keeps a PNG among the artefacts (see `tests.pictures`)."""
    return functools.partial(keep, folder=artefacts)


# A real browser, with no way out of this machine.


def _chromium() -> str:
    named = os.environ.get("VITSCI_VIZ_CHROMIUM")
    found = named or next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.fail("the browser tests need Chromium: apt-get install chromium")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, driven by playwright, whose event loop occupies the thread: closed before other modules run."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_chromium(), args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


def is_external(url: str) -> bool:
    """Tell whether a request would leave this machine."""
    host = url.partition("://")[2].partition("/")[0]
    return not url.startswith(LOCAL_URLS) and not any(
        host == name or host.startswith(f"{name}:") for name in LOCAL_HOSTS
    )


@pytest.fixture
def external_requests() -> list[str]:
    """The requests of this test's pages that would have left this machine; `page` fails the test if there are any."""
    return []


@pytest.fixture
def context(browser: Any, external_requests: list[str]) -> Iterator[Any]:
    """A fresh browser profile whose requests beyond this machine are refused, kept and fail the test."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    context.on("request", lambda request: is_external(request.url) and external_requests.append(request.url))
    context.route(is_external, lambda route: route.abort())
    yield context
    context.close()
    assert not external_requests, f"a page asked for something beyond this machine: {external_requests}"


@pytest.fixture
def page(context: Any) -> Any:
    """A page of a fresh profile, 1366 x 768."""
    return context.new_page()
