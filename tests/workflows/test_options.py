"""Options of the workflows: what clashes is refused, what is shared has one definition."""

import pytest

from vitsci_viz.errors import OptionError
from vitsci_viz.params import fields_of
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.workflows.options import SHARED_FIELDS, PatchRunOptions, SweepOptions, parse_roi


def test_a_run_takes_every_patching_option_as_defined_and_hands_them_on():
    own = {field.name: field for field in fields_of(PatchRunOptions)}
    assert all(own[field.name] == field for field in fields_of(PatchOptions))
    options = PatchRunOptions(split_value=5, patch_size=4, roi="0:5,1:9", level=2)
    assert options.patch_options() == PatchOptions(split_value=5, patch_size=4)


def test_what_a_sweep_holds_fixed_has_one_definition():
    one, other = ({f.name: f for f in fields_of(kind)} for kind in (PatchOptions, SweepOptions))
    assert [one[name] for name in SHARED_FIELDS] == [other[name] for name in SHARED_FIELDS]


def test_regions_are_read_as_slices():
    assert parse_roi("2:30, :9") == (slice(2, 30), slice(None, 9))


@pytest.mark.parametrize("text", ["5", "1:2:3", "a:b,0:3", "5:5,0:3", "9:2,0:3", ""])
def test_a_region_that_is_none_is_refused(text):
    with pytest.raises(OptionError, match="roi"):
        PatchRunOptions(roi=text)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"patch_sizes": [3]}, "powers of two"),
        ({"patch_sizes": []}, "at least one side"),
        ({"min_sizes": [0]}, "powers of two"),
        ({"lengths": [0]}, "1 or more"),
        ({"split_values": [-1.0]}, "0 or more"),
        ({"split_values": [float("nan")]}, "finite number"),
        ({"details": ["edge"]}, "'edges'"),
        ({"blur": 4}, "odd number"),
        ({"thresholds": [200, 100]}, "low <= high"),
        ({"patch_size": 8}, "did you mean 'patch_sizes'"),
    ],
)
def test_settings_of_a_sweep_that_cannot_be_are_refused(values, message):
    with pytest.raises(OptionError, match=message):
        SweepOptions(**values)


def test_one_value_is_a_list_of_one_and_nothing_an_empty_list():
    options = SweepOptions(patch_sizes=8, lengths=None, split_values=50, details="edges")
    assert options.patch_sizes == (8,)
    assert options.lengths == ()
    assert options.split_values == (50.0,)
    assert options.details == ("edges",)
