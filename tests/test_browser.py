"""The tools of the browser tests do what those tests rely on."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.conftest import is_external
from tests.pictures import LIMIT_BYTES, small_png


@pytest.mark.parametrize(
    "url", ["http://localhost:5006/patch", "http://127.0.0.1:1/", "ws://localhost:5006/ws", "data:image/png;base64,A"]
)
def test_requests_to_this_machine_are_allowed(url):
    assert not is_external(url)


@pytest.mark.parametrize(
    "url", ["https://fonts.example.org/a.css", "http://localhost.example.org/", "http://127.0.0.10.example.org:80/"]
)
def test_requests_beyond_this_machine_are_external(url):
    assert is_external(url)


@pytest.mark.browser
def test_a_page_that_asks_beyond_this_machine_is_caught(page, external_requests):
    page.set_content('<img src="https://example.org/logo.png" onerror="document.title = \'refused\'">')
    page.wait_for_function("document.title === 'refused'")
    assert external_requests == ["https://example.org/logo.png"]
    external_requests.clear()


def test_pictures_of_the_readme_stay_small():
    noise = np.random.default_rng(0).integers(0, 256, (768, 683, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, format="PNG")
    assert len(stream.getvalue()) > LIMIT_BYTES
    small = small_png(stream.getvalue())
    assert len(small) <= LIMIT_BYTES
    assert Image.open(io.BytesIO(small)).size == (683, 768)
