"""A reconstruction that is stopped says how to go on, and goes on."""

from pathlib import Path

import numpy as np
import pytest

from vitsci_viz.cli.execute import execute
from vitsci_viz.errors import Cancelled
from vitsci_viz.io import read_image
from vitsci_viz.io.scan_writing import write_scan
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.simulation.scan_sample import ScanSettings, simulate_scan
from vitsci_viz.types import Recipe
from vitsci_viz.workflows import reconstruct


def test_a_stopped_reconstruction_is_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    scan = write_scan(tmp_path / "scan.h5", simulate_scan(ScanSettings(views=24, rows=3, columns=24)).scan)
    recipe = Recipe(
        workflow="reconstruct", inputs={"scan": str(scan)}, outputs={"volume": str(tmp_path / "v.tif")},
        options={"centre": 11.5},
    )  # fmt: skip

    def stop(*arguments: object, **named: object) -> None:
        raise Cancelled

    with monkeypatch.context() as patched:
        patched.setattr(reconstruct, "make_slabs", stop)
        with pytest.raises(Cancelled):
            execute(recipe, ExecutionOptions())
    assert "go on with the same command and --resume" in capsys.readouterr().err
    assert execute(recipe, ExecutionOptions(), resume=True) == 0
    assert np.asarray(read_image(tmp_path / "v.tif")).shape == (3, 24, 24)
