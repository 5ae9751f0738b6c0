import socket
from pathlib import Path

import pytest

from vitsci_viz.errors import InputError, MissingFileError, OptionError
from vitsci_viz.views.panel_app.access import check_address, check_password, origins, sign_in
from vitsci_viz.views.panel_app.frame import PAGES
from vitsci_viz.views.panel_app.server import AppSettings, addresses, app, check_root, check_runs, find_port, query_of


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.4", "::", "example.org", ""])
def test_others_are_not_served_without_a_password(address):
    with pytest.raises(OptionError, match="--allow-remote"):
        check_address(address, has_auth=False, allow_remote=False)
    check_address(address, has_auth=True, allow_remote=False)
    check_address(address, has_auth=False, allow_remote=True)


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "::1"])
def test_this_machine_needs_no_password(address):
    check_address(address, has_auth=False, allow_remote=False)


def test_a_taken_port_gives_the_next_free_one(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert find_port("127.0.0.1", port) > port
    assert f"port {port} is taken" in capsys.readouterr().out


def test_impossible_ports_and_addresses_are_said():
    with pytest.raises(OptionError, match="port must be from 0 to 65535"):
        find_port("localhost", 70000)
    with pytest.raises(OptionError, match="not known on this machine"):
        find_port("no.such.host.invalid", 5006)


def test_only_pages_of_this_server_may_talk_to_it():
    assert origins("localhost", 5006, allow_remote=False) == ["localhost:5006", "127.0.0.1:5006"]
    assert origins("localhost", 0, allow_remote=True) is None
    assert origins("10.0.0.7", 5006, allow_remote=False) == ["10.0.0.7:5006"]


def test_the_root_must_be_a_folder_that_exists(tmp_path):
    with pytest.raises(MissingFileError, match="does not exist"):
        check_root(tmp_path / "absent")
    file = tmp_path / "file.txt"
    file.write_text("")
    with pytest.raises(InputError, match="must be a folder"):
        check_root(file)
    assert check_root(tmp_path) == tmp_path.resolve()
    assert check_root(None) is None


def test_every_page_has_an_address_and_the_first_one_is_home():
    assert list(addresses(AppSettings())) == ["/", *(f"/{name}" for name in PAGES)]


def test_runs_lie_below_the_root_unless_a_folder_is_named(tmp_path):
    assert check_runs(None, tmp_path) == tmp_path / "runs"
    assert check_runs(None, None).parts[-2:] == ("vitsci_viz", "runs")
    assert check_runs(tmp_path / "mine", tmp_path / "data") == tmp_path / "mine"
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="runs must be a folder"):
        check_runs(tmp_path / "file", None)


def test_a_password_that_protects_nothing_is_refused(tmp_path):
    check_password(None)
    check_password("secret")
    for empty in ("", "  "):
        with pytest.raises(OptionError, match="must not be empty"):
            check_password(empty)
    with pytest.raises(MissingFileError, match="does not exist"):
        check_password(str(tmp_path / "users.json"))
    (tmp_path / "users.json").write_text("{}")
    check_password(str(tmp_path / "users.json"))


def test_a_query_that_is_no_text_is_still_a_query():
    assert query_of({"source": [b"\xfe.png"]}) == "source=%EF%BF%BD.png"


def test_signing_in_has_a_key_for_its_cookies_and_pages_that_ask_nothing_from_outside():
    assert sign_in(None) == {}
    options = sign_in("secret")
    assert len(options["cookie_secret"]) >= 32
    assert options["cookie_secret"] != sign_in("secret")["cookie_secret"]
    for name in ("login_template", "logout_template"):
        page = Path(options[name]).read_text(encoding="utf-8")
        assert "CDN" not in page
        assert "http" not in page


@pytest.mark.parametrize("name", PAGES)
def test_a_session_made_without_rendering_its_page_takes_styles_from_this_server(name, tmp_path):
    from bokeh.document import Document
    from bokeh.models import ImportedStyleSheet
    from panel.io.state import set_curdoc

    document = Document()
    with set_curdoc(document):
        app(AppSettings(root=tmp_path, sample=None, runs=tmp_path / "runs"), name)().server_doc(document)
    try:
        addresses = {str(sheet.url) for sheet in document.select({"type": ImportedStyleSheet})}
        assert any("listpanel.css" in each for each in addresses)
        assert not [each for each in addresses if "//" in each]
    finally:
        for call in document.callbacks.session_destroyed_callbacks:
            if call.__module__.startswith("vitsci_viz"):  # the others take apart what a server has made
                call(None)
