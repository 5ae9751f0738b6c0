"""Bokeh models as notebook widgets, with no request to any network."""

import asyncio
from functools import cache
from typing import Any

import ipywidgets as widgets
from bokeh.io.notebook import LOAD_MIME_TYPE
from bokeh.models import LayoutDOM
from bokeh.resources import Resources
from IPython.display import publish_display_data
from jupyter_bokeh import BokehModel


class BokehWidget(BokehModel):
    """A Bokeh model whose Python and browser sides follow each other, from the first change on.

    Changes travel as patches, which reach only a view that is open. Until one has spoken (and again after the page was
    reloaded) the whole model is sent instead, so nothing that happens before is lost.

    Parameters
    ----------
    model : LayoutDOM
        The root: every source and tool must be reachable from it.
    """

    def __init__(self, model: LayoutDOM) -> None:
        self._has_view = False
        self._is_refreshing = False
        # combine_events: of pans and cursor moves that arrive while Python is busy only the newest is kept
        super().__init__(model, combine_events=True, layout=widgets.Layout(width="100%"))

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> Any:
        """Return what a new view is made from: the model as it is now."""
        if key is None and self.comm is not None:
            self._has_view = False
            self._refresh()
        return super().get_state(key, drop_defaults)

    def _document_patched(self, event: Any) -> None:
        if event.setter is self or self._has_view:
            super()._document_patched(event)
        elif not self._is_refreshing:
            self._refresh_soon()

    def _sync_model(self, _model: Any, content: dict[str, Any], _buffers: list[Any]) -> None:
        self._has_view = True
        super()._sync_model(_model, content, _buffers)

    def _refresh_soon(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # plain Python: no page waits, and `get_state` renews the model where one does
        self._is_refreshing = True
        loop.call_soon(self._refresh)

    def _refresh(self) -> None:
        self._is_refreshing = False
        self.set_trait("render_bundle", self._model_to_traits(self._model))


def load_bokeh() -> None:
    """Bring BokehJS into the page from the installed package, once per page; nothing is asked from a network."""
    publish_display_data({LOAD_MIME_TYPE: _script()})


@cache
def _script() -> str:
    # plots, layouts and tools only: the other bundles would put four times as much into every saved notebook
    code = "\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)
    return f"if (!window.Bokeh) {{\n{code}\n}}"
