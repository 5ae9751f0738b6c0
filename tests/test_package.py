"""What the package promises as a whole: light to import, typed, and clear about what is missing."""

import importlib
import json
import pkgutil
import subprocess
import sys
from importlib.metadata import metadata, requires

import pytest

import vitsci_viz
from vitsci_viz.errors import MissingExtraError
from vitsci_viz.extras import EXTRA_OF

HEAVY = ("torch", "panel", "bokeh", "holoviews", "xarray", "dask", "numpy", "cv2", "numba", "pydantic", "IPython")
FORMS_NEED_NOT = ("torch", "panel", "bokeh", "holoviews", "xarray", "dask", "cv2", "numba", "IPython")
"""What an options module must not bring in, so that a form opens at once."""


def modules_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after a statement."""
    script = f"import json, sys\n{statement}\nprint(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(run.stdout))


MODULES = [module.name for module in pkgutil.walk_packages(vitsci_viz.__path__, "vitsci_viz.")]
FORMS = ["vitsci_viz.params", "vitsci_viz.workflows.catalogue", *(name for name in MODULES if name.endswith("options"))]
"""What a form, the command line's help and a recipe are made from; the catalogue of models builds them, with torch."""


def modules_named(*names: str) -> list[str]:
    """Return the modules of the package whose last name is one of these."""
    return [name for name in MODULES if name.rpartition(".")[2] in names]


def test_importing_the_package_loads_nothing_heavy():
    assert not modules_after("import vitsci_viz") & set(HEAVY)


@pytest.mark.parametrize("module", FORMS)
def test_options_and_catalogue_load_no_toolkit_and_no_model(module):
    assert not modules_after(f"import {module}") & set(FORMS_NEED_NOT)


def test_the_session_loads_no_toolkit_and_no_model():
    names = [name for name in modules_named("state", "session", "scene", "resolve") if ".views.session" in name]
    assert names
    loaded = modules_after("import " + ", ".join(names))
    assert not loaded & {"torch", "panel", "bokeh", "holoviews", "ipywidgets", "IPython"}


@pytest.mark.parametrize("name", vitsci_viz.__all__)
def test_every_public_name_is_there(name):
    value = getattr(vitsci_viz, name)
    assert value.__doc__
    assert name in dir(vitsci_viz)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        vitsci_viz.no_such_name  # noqa: B018 - the access is the test


@pytest.mark.parametrize("module", sorted(EXTRA_OF))
def test_a_missing_extra_says_what_to_install(module):
    script = f"import sys; sys.modules[{module!r}] = None; import vitsci_viz.extras as e\n"
    script += f"try:\n    import {module}\nexcept ImportError as error:\n    print(e.missing_extra(error))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == f'needs {module}: pip install "vitsci-viz[{EXTRA_OF[module]}]"'


def test_asking_for_tune_without_its_extra_names_the_extra(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("vitsci_viz.views.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(vars(vitsci_viz), "tune", raising=False)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(MissingExtraError, match=r'needs ipywidgets: pip install "vitsci-viz\[notebook\]"'):
        vitsci_viz.tune("image.png")


def test_the_extras_that_messages_name_exist():
    assert set(EXTRA_OF.values()) <= set(metadata("vitsci-viz").get_all("Provides-Extra"))


def test_opencv_comes_with_its_windows_never_headless():
    needed = requires("vitsci-viz")
    assert any(line.startswith("opencv-python>=") for line in needed)
    assert not any("headless" in line for line in needed)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_imports_and_says_what_it_is_for(module):
    assert importlib.import_module(module).__doc__
