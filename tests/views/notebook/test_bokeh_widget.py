import asyncio
import json

from bokeh.plotting import figure
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from vitsci_viz.views.notebook.bokeh_widget import BokehWidget, load_bokeh


def titles(widget):
    return [text for text in ("first", "second") if text in json.dumps(widget.get_state()["render_bundle"])]


def test_a_view_that_opens_later_sees_the_model_as_it_is_then():
    plot = figure(title="first")
    widget = BokehWidget(plot)
    plot.title.text = "second"
    assert titles(widget) == ["second"]


def test_changes_before_any_view_renew_the_whole_model():
    async def play():
        plot = figure(title="first")
        widget = BokehWidget(plot)
        bundles, patches = [], []
        widget.observe(lambda change: bundles.append(change["new"]), "render_bundle")
        widget.send = lambda *message: patches.append(message)
        plot.title.text = "second"
        await asyncio.sleep(0.05)
        return len(bundles), len(patches)

    assert asyncio.run(play()) == (1, 0)


def test_changes_travel_as_patches_once_a_view_has_spoken():
    plot = figure(title="first")
    widget = BokehWidget(plot)
    patches = []
    widget.send = lambda *message: patches.append(message)
    widget._sync_model(
        widget, {"event": "jsevent", "kind": "ModelChanged", "model": plot.ref, "attr": "inner_width", "new": 640}, []
    )
    assert plot.inner_width == 640
    plot.title.text = "second"
    assert patches


def test_bokeh_comes_from_the_installed_package():
    InteractiveShell.instance()
    with capture_output() as captured:
        load_bokeh()
    script = next(iter(captured.outputs[0].data.values()))
    assert "if (!window.Bokeh)" in script
    InteractiveShell.clear_instance()
