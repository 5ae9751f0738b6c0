"""Where torch computes."""

import torch

from vitsci_viz.errors import OptionError


def find_device(name: str) -> torch.device:
    """Return the device of an option: ``auto`` takes a GPU if there is one.

    Raises
    ------
    OptionError
        A GPU is asked for, and torch sees none.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise OptionError(
            f"device must be one that is here: torch {torch.__version__} sees no CUDA device; take device=cpu, or "
            "install torch for CUDA"
        )
    return torch.device(name)
