import pytest

from vitsci_viz.errors import OptionError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.views.panel_app.recipe import RecipeDrawer, options_in, read_yaml, recipe_of
from vitsci_viz.views.session.state import ViewState
from vitsci_viz.workflows.catalogue import recipe_text


def test_what_is_on_screen_survives_its_recipe():
    state = ViewState(source="sample:ihc", options=PatchOptions(length=300, patch_size=16, min_size=4))
    options, source, mask = options_in(read_yaml(recipe_text(recipe_of(state))))
    assert (options, source, mask) == (state.options, "sample:ihc", None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[1, 2]", "must be a mapping"),
        ("a: [", "not valid YAML"),
        (
            "{version: 1, workflow: patch, inputs: {image: a.png}, options: {patch_sise: 8}}",
            "did you mean 'patch_size'",
        ),
        ("{version: 1, workflow: sweep, inputs: {image: a.png}}", "this page shows the workflow patch"),
        ("{version: 1, workflow: patch, inputs: {image: a.png}, options: {level: 2}}", "take level out"),
    ],
)
def test_a_recipe_that_cannot_be_shown_is_refused_in_words(text, words):
    with pytest.raises(OptionError, match=words):
        options_in(read_yaml(text))


def test_the_drawer_keeps_a_refused_text_with_its_error():
    taken = []
    drawer = RecipeDrawer(taken.append)
    drawer.open(recipe_of(ViewState(source="sample:ihc")))
    drawer.view.panel.receive({"kind": "apply", "text": "nonsense"})
    assert not taken
    assert "mapping" in drawer.view.state["error"]
    drawer.view.panel.receive({"kind": "apply", "text": "{version: 1}"})
    assert taken == [{"version": 1}]
    assert drawer.view.state["error"] == ""
