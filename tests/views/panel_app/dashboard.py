"""The Patch page as a person sees it, for tests that drive it in a browser."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.views.panel_app.conftest import LIMIT_MS
from vitsci_viz.views.session.state import ViewState


class Dashboard:
    """A page of the dashboard."""

    def __init__(self, page, address):
        self.page, self.address = page, address
        page.set_default_timeout(LIMIT_MS)
        self.faults = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, query=""):
        self.page.goto(self.address + (f"?{query}" if query else ""))
        self.settled()
        return self

    def reading(self, name):
        return self.page.locator(f"[data-reading='{name}']").first

    @property
    def tokens(self):
        return int(re.sub(r"\D", "", self.reading("Tokens").text_content()))

    def settled(self):
        """Wait until a tree is shown and what it keeps is known."""
        expect(self.reading("Reconstruction")).to_contain_text(re.compile(r"dB|exact"), timeout=LIMIT_MS)
        expect(self.status).to_contain_text("tokens, known in", timeout=LIMIT_MS)
        wait_until(self, lambda: self.state.window is not None)

    @property
    def state(self):
        """What the link says."""
        return ViewState.from_query(self.page.evaluate("location.search.slice(1)"))

    @property
    def status(self):
        return self.page.locator("footer .text")

    def option(self, name):
        return self.page.get_by_label(name, exact=True)

    def canvas(self, number=0):
        return self.page.get_by_role("application").nth(number)

    def hover(self, across, down):
        """Rest a hand on the canvas, never quite still, until it says which leaf lies there."""
        box, status = self.canvas().bounding_box(), self.page.locator(".vz-status").first
        trembling = iter(range(10_000))

        def is_told():
            self.page.mouse.move(
                box["x"] + box["width"] * across + next(trembling) % 2, box["y"] + box["height"] * down
            )
            return "token" in status.text_content()

        wait_until(self, is_told)
        return status.text_content()

    def picture(self):
        """The pixels of the canvas as the user sees them."""
        import cv2

        self.page.mouse.move(5, 5)
        return cv2.imdecode(np.frombuffer(self.canvas().screenshot(), np.uint8), cv2.IMREAD_COLOR)


def wait_until(dashboard, happened, *, seconds=LIMIT_MS / 1000):
    for _ in range(int(seconds * 10)):
        if happened():
            return
        dashboard.page.wait_for_timeout(100)
    pytest.fail("it did not happen in time")
