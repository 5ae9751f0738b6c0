"""Colours of classes in files that carry some, safe for colour-blind eyes; the same that the views show."""

from vitsci_viz.patching.contrast import OKABE_ITO, from_hex

BACKGROUND = (0, 0, 0)


def class_colour(index: int) -> tuple[int, int, int]:
    """Return red, green and blue of a class; class 0 is background.

    >>> class_colour(0), class_colour(1) == class_colour(1 + len(OKABE_ITO))
    ((0, 0, 0), True)
    """
    if index == 0:
        return BACKGROUND
    red, green, blue = (int(part) for part in from_hex(OKABE_ITO[(index - 1) % len(OKABE_ITO)]))
    return red, green, blue
