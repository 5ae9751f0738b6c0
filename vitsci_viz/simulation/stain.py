"""Transmitted light through stained tissue: densities of two dyes to colours and back."""

import numpy as np
from numpy.typing import NDArray

HAEMATOXYLIN = np.array([0.5626, 0.7201, 0.4062])
"""Optical density of haematoxylin in red, green, blue (unit length)."""
EOSIN = np.array([0.2159, 0.8012, 0.5581])
"""Optical density of eosin in red, green, blue (unit length)."""
GLASS = np.array([244.0, 243.0, 247.0])
"""Colour of the empty slide."""


def dye_colours(haematoxylin: NDArray[np.float64], eosin: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Return the colour of transmitted light, (y, x, 3) float64 on the 8-bit scale.

    Parameters
    ----------
    haematoxylin, eosin : (y, x) float64
        Densities of the dyes, from 0 (none) to about 2.

    Notes
    -----
    Beer and Lambert: :math:`I_c = I_{0,c} \exp(-(h H_c + e E_c))`.

    References
    ----------
    Ruifrok and Johnston, Quantification of histochemical staining by color deconvolution, 2001 (the model);
    Macenko et al., A method for normalizing histology slides for quantitative analysis, 2009 (the reference vectors).
    """
    density = haematoxylin[..., None] * HAEMATOXYLIN + eosin[..., None] * EOSIN
    return GLASS * np.exp(-density)
