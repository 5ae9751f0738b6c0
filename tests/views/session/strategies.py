"""Values that hypothesis draws for links."""

from hypothesis import strategies as st

from vitsci_viz.views.session.state import Window

finite = st.floats(-1e6, 1e6)
windows = st.builds(
    lambda x, y, w, h, width, height: Window(x, y, x + w, y + h, width, height),
    finite, finite, st.floats(0.5, 1e6), st.floats(0.5, 1e6), st.integers(1, 4000), st.integers(1, 4000),
)  # fmt: skip
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20)
