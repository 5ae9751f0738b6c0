"""The Segment page for ``panel serve apps/*.py``; ``vitsci-viz serve`` does the same with checks and a data root."""

import os

from vitsci_viz.views.panel_app.server import AppSettings, app, check_root

settings = AppSettings(root=check_root(os.environ.get("VITSCI_VIZ_ROOT")))
app(settings, "segment")().servable(title="Segment - vitsci_viz")
