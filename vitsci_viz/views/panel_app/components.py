"""The one bridge to the browser: an island of our own HTML that shows a state and sends messages."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from vitsci_viz.views.panel_app.frame import asset


@cache
def _component(script: str, style: str) -> type:
    """Make the Panel component of one script; made once, at first use, as importing Panel takes a second."""
    import param
    from panel.custom import JSComponent

    name = "".join(part.capitalize() for part in script.removesuffix(".js").split("_")) + "Island"
    body = {
        "_esm": asset("dom.js") + asset(script),
        "_stylesheets": [asset("base.css") + asset(style)],
        "fixed": param.Dict(default={}, doc="What never changes."),
        "state": param.Dict(default={}, doc="What the browser shows."),
        "__module__": __name__,
        "_handle_msg": lambda self, message: self.receive(message),
    }
    return type(name, (JSComponent,), body)


class Island:
    """A part of the page drawn by our own script from a plain state.

    Parameters
    ----------
    script, style : str
        Files in the assets folder. The script exports ``render({model, el})``.
    on_message : callable, optional
        Called with each mapping that the script sends.
    fixed : mapping, optional
        Values that do not change, such as the fields of a form.
    **layout
        Panel layout parameters, such as ``sizing_mode``.
    """

    def __init__(
        self,
        *,
        script: str,
        style: str,
        on_message: Callable[[Mapping[str, Any]], None] | None = None,
        fixed: Mapping[str, Any] | None = None,
        **layout: Any,
    ) -> None:
        self.state: dict[str, Any] = {}
        self.panel = _component(script, style)(fixed=dict(fixed or {}), **layout)
        self.panel.receive = on_message or (lambda message: None)

    def __panel__(self) -> Any:
        return self.panel

    def put(self, **values: Any) -> None:
        """Show new values; those that have not changed are not sent."""
        changed = {name: value for name, value in values.items() if self.state.get(name, _UNSET) != value}
        if changed:
            self.state.update(changed)
            self.panel.state = {**self.state}

    def merge(self, name: str, values: Mapping[str, Any]) -> None:
        """Change some entries of a mapping inside the state."""
        self.put(**{name: {**self.state.get(name, {}), **values}})

    def send(self, **message: Any) -> None:
        """Send something once, such as the bytes of a download."""
        self.panel._send_msg(message)


_UNSET = object()
