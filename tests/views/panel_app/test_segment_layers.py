"""Layers that the user switched, without a browser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import OptionError
from vitsci_viz.views.panel_app.segment_layers import HIDDEN, LAYERS, SHOWN, LayerSwitches

PLACES = [(role, layer) for role, layers in SHOWN.items() for layer in layers]


def test_a_page_begins_with_an_empty_link():
    switches = LayerSwitches()
    assert switches.names == ()
    assert {place for place in PLACES if not switches.is_on(*place)} == {
        (role, layer) for role, layers in HIDDEN.items() for layer in layers
    }


@given(st.dictionaries(st.sampled_from(PLACES), st.booleans()))
def test_a_link_restores_every_switch(wanted):
    switches, restored = LayerSwitches(), LayerSwitches()
    for role in SHOWN:
        visible = {layer: wanted.get((role, layer), switches.is_on(role, layer)) for layer in LAYERS}
        switches.take(role, visible)
    restored.restore(switches.names)
    assert restored.names == switches.names
    for place in PLACES:
        assert restored.is_on(*place) == wanted.get(place, LayerSwitches().is_on(*place))


def test_what_is_switched_back_leaves_the_link():
    switches = LayerSwitches()
    visible = {"image": True, "prediction": True, "leaves": True}
    switches.take("A", visible)
    assert switches.names == ("A:leaves",)
    switches.take("A", {**visible, "leaves": False})
    assert switches.names == ()


@pytest.mark.parametrize("name", ["leaves", "A:error", "C:image", "-A:", "A:leaves:more"])
def test_a_name_that_is_no_layer_is_refused_and_changes_nothing(name):
    switches = LayerSwitches()
    switches.restore(["A:leaves"])
    with pytest.raises(OptionError, match="layers in the link must be names such as A:leaves"):
        switches.restore(["-A:image", name])
    assert switches.names == ("A:leaves",)
