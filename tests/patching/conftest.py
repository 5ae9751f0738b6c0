"""The same examples in every run: a failure here is a failure everywhere.

``HYPOTHESIS_PROFILE=thorough`` draws many more, new ones in every run.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

from vitsci_viz.patching import cutting, fidelity, stream

SHARED = {"deadline": None, "database": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("deterministic", derandomize=True, max_examples=30, **SHARED)
settings.register_profile("thorough", max_examples=300, print_blob=True, **SHARED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "deterministic"))


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stream in tiles of a few pixels, as if every image were larger than memory."""
    monkeypatch.setattr(stream, "TILE", {1: 32, 2: 16, 3: 8})
    monkeypatch.setattr(cutting, "WHOLE_BYTES", 0)
    monkeypatch.setattr(fidelity, "WHOLE_VALUES", 0)
