"""A form made from the definition of its options: bounds, units, help, groups and choices come from there."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Generic, TypeVar

from vitsci_viz.params import Options
from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.session.form import FormState, describe_fields

Chosen = TypeVar("Chosen", bound=Options)


class OptionForm(Generic[Chosen]):
    """Shows a `FormState` in the browser and hands valid changes on.

    Parameters
    ----------
    options : Options
        What is shown first.
    on_change : callable, optional
        Called with the new options after each valid change; it must end in `acknowledge`, at once or later.
    presets : mapping of str to Options, optional
        Named settings offered above the fields.
    leave_out : collection of str
        Options that mean nothing here; they keep their values.
    """

    def __init__(
        self,
        options: Chosen,
        *,
        on_change: Callable[[Chosen], None],
        presets: Mapping[str, Chosen] | None = None,
        leave_out: Collection[str] = (),
    ) -> None:
        self.presets = dict(presets or {})
        self._form = FormState(options)
        self._on_change = on_change
        self._seen = 0
        self.view = Island(
            script="form.js",
            style="form.css",
            on_message=self._receive,
            fixed={
                "fields": [field for field in describe_fields(type(options)) if field["name"] not in leave_out],
                "presets": list(self.presets),
            },
            sizing_mode="stretch_width",
        )
        self._publish()

    @property
    def options(self) -> Chosen:
        """The last valid options."""
        return self._form.options

    @property
    def refused(self) -> Mapping[str, str]:
        """Errors of the values as they stand in the fields, by option; `options` are the last valid ones."""
        return dict(self._form.errors)

    def show(self, options: Chosen) -> None:
        """Replace all options, as a link or a loaded recipe does; tells nobody."""
        self._form.take(options)
        self._publish()

    def fail(self, message: str) -> None:
        """Show an error found by whoever used the options, beside the field that it names."""
        self._form.fail(message)
        self._publish()

    def succeed(self) -> None:
        """Take back errors of earlier settings; those of drafts stay."""
        self._form.succeed()
        self._publish()

    def guide(self, name: str, *, hint: str | None = None, span: Mapping[str, Any] | None = None) -> None:
        """Tell what "automatic" came to, and which values make sense for the open image.

        Parameters
        ----------
        name : str
            The option.
        hint : str, optional
            Shown while the field is empty.
        span : mapping, optional
            Ends and kind of the slider: ``lo``, ``hi``, ``log``, ``integer``; with ``curve`` (x, y) and ``knee`` (x)
            drawn behind it.
        """
        if hint is not None:
            self.view.merge("hints", {name: hint})
        if span is not None:
            self.view.merge("spans", {name: dict(span)})

    def acknowledge(self) -> None:
        """Let the browser send the next change; called when the last one is on the screen."""
        self.view.put(ack=self._seen)

    def _publish(self) -> None:
        form = self._form
        preset = next((name for name, options in self.presets.items() if options == form.options), "")
        self.view.put(values=form.texts, errors=dict(form.errors), reasons=form.reasons, preset=preset)

    def _receive(self, message: Mapping[str, Any]) -> None:
        self._seen = int(message.get("seq", 0))
        before = self.options
        if message["kind"] == "edit" and message["name"] in self._form.fields:
            self._form.edit(message["name"], str(message["text"]))
        elif message["kind"] == "preset" and message["name"] in self.presets:
            self._form.take(self.presets[message["name"]])
        self._publish()
        if self.options == before:
            self.acknowledge()
        else:
            self._on_change(self.options)
