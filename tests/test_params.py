"""Values survive being shown and typed again."""

import pytest

from vitsci_viz import PatchOptions
from vitsci_viz.errors import OptionError
from vitsci_viz.params import format_value, parse_text


@pytest.mark.parametrize("value", [1234567.0, 0.123456789, 1e-7, 3.0, 2.5, 1e300, float("inf")])
def test_a_number_read_back_is_the_number_shown(value: float) -> None:
    assert float(parse_text(format_value(value))) == value


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "inf", "nan"])
def test_numbers_of_options_are_finite(value):
    with pytest.raises(OptionError, match="split_value must be a finite number"):
        PatchOptions(split_value=value)
