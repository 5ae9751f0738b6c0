"""Nothing that training keeps may outlive the tests."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from tests.training.cases import write_set
from tests.training.discs import Discs, make_discs, write_discs
from vitsci_viz.training.records import Record


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory):
    """Keep examples and generated samples in a folder of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VITSCI_VIZ_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def records(tmp_path: Path) -> tuple[Record, ...]:
    """Four pictures of discs, 32 x 32, with masks of 0 and 1."""
    return write_set(tmp_path / "data")


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Compute in one thread: tests share the machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def disc_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six images that can be learned in seconds."""
    return write_discs(tmp_path_factory.mktemp("discs"))


@pytest.fixture
def discs(disc_folder: Path) -> Callable[..., Discs]:
    """Return what makes sources and options of a run on the images."""
    return lambda **options: make_discs(disc_folder, **options)
