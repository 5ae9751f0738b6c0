"""Where torch computes: what is here, or a refusal."""

import pytest
import torch

from vitsci_viz.errors import OptionError
from vitsci_viz.torch_device import find_device


def test_a_device_that_is_not_here_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert find_device("auto") == torch.device("cpu")
    with pytest.raises(OptionError, match="sees no CUDA device; take device=cpu"):
        find_device("cuda")
