"""Files to types and back: every image is opened lazily, with spacing and units."""

from vitsci_viz.io.masks import read_mask
from vitsci_viz.io.reading import READERS, known_suffixes, read_image

__all__ = ["READERS", "known_suffixes", "read_image", "read_mask"]
