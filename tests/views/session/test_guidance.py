import numpy as np
import pytest

from tests.views.session.cases import VARIANCE, blobs, session_of
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.views.session.guidance import Span, guidance


@pytest.fixture
def session():
    return session_of(blobs((96, 128)), "yx", spacing=(0.5, 0.5), unit="um")


def test_the_slider_of_the_split_value_reaches_from_all_tokens_to_one(session):
    span = guidance(session, VARIANCE).spans["split_value"]
    curve = session.curve(VARIANCE)
    assert curve.length_at(span.high) == 1
    assert curve.length_at(span.low) >= 0.9 * curve.lengths[0]
    assert guidance(session, VARIANCE).spans["length"].high == curve.lengths[0]


def test_automatic_values_are_those_that_trees_are_built_with(session):
    options = VARIANCE.replace(split_value=None)
    found = guidance(session, options)
    explicit = options.replace(split_value=found.automatic["split_value"])
    assert np.array_equal(session.tree(options).origin, session.tree(explicit).origin)
    assert found.automatic["max_depth"] == session.pyramid(options).depth
    assert found.hints["min_size"] == "as the token: 4"


def test_physical_split_values_slide_in_their_unit(session):
    pixels = guidance(session, VARIANCE).spans["split_value"]
    physical = guidance(session, VARIANCE.replace(physical=True)).spans["split_value"]
    assert (physical.low, physical.high) == pytest.approx((0.25 * pixels.low, 0.25 * pixels.high))


def test_an_image_without_detail_has_no_split_slider():
    session = session_of(np.zeros((32, 32), np.uint8), "yx")
    assert "split_value" not in guidance(session, PatchOptions(detail="variance")).spans


@pytest.mark.parametrize(("value", "expected"), [(0.1, 1), (3.6, 4), (4321, 4096)])
def test_values_of_a_slider_are_whole_and_inside_where_asked(value, expected):
    assert Span(low=1, high=4096, is_integer=True).value_at(value) == expected
