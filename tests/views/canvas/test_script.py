import re

import pytest

from vitsci_viz.views.canvas.models import BACKGROUND
from vitsci_viz.views.canvas.script import controller_code


def test_the_script_asks_nothing_from_anywhere():
    code = controller_code(BACKGROUND)
    assert not re.findall(r"https?:|//[a-z]+\.|@import|url\(", code)


@pytest.mark.parametrize("key", ["+", "-", "ArrowLeft", "[", "]", "0", "s", "?"])
def test_every_documented_key_is_bound(key):
    assert f'"{key}":' in controller_code(BACKGROUND)


def test_the_script_is_a_function_body_not_a_module():
    assert "export default" not in controller_code(BACKGROUND)
