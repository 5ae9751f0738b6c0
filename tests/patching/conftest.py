"""Claims that live in shared modules of the tests show their values when they fail."""

import pytest

pytest.register_assert_rewrite("tests.patching.cases", "tests.reference.laws")
