"""Who may open the dashboard: the address it listens on, the password, and the hosts whose pages may talk to it."""

import ipaddress
import secrets
from importlib import resources
from pathlib import Path
from typing import Any

from vitsci_viz.errors import MissingFileError, OptionError


def is_local(address: str) -> bool:
    """Tell whether an address reaches this machine alone.

    >>> is_local("localhost"), is_local("127.0.0.1"), is_local("0.0.0.0"), is_local("")
    (True, True, False, False)
    """
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def check_address(address: str, *, has_auth: bool, allow_remote: bool) -> None:
    """Refuse to serve others without a password, unless that was asked for.

    Raises
    ------
    OptionError
        The address reaches beyond this machine, with neither.
    """
    if not (is_local(address) or has_auth or allow_remote):
        raise OptionError(
            f"address must be localhost without a password, got {address!r}: anybody who reaches it could read the "
            "files below the root; add --basic-auth PASSWORD, or --allow-remote if that is what you want"
        )


def check_password(basic_auth: str | None) -> None:
    """Refuse what looks like a password and protects nothing.

    Raises
    ------
    OptionError
        It is empty.
    MissingFileError
        It names a file of users that does not exist: its name would become the password.
    """
    if basic_auth is None:
        return
    if not basic_auth.strip():
        raise OptionError("the password must not be empty: give --basic-auth PASSWORD, or a JSON file of users")
    if basic_auth.endswith(".json") and not Path(basic_auth).is_file():
        raise MissingFileError(
            f'{basic_auth} does not exist: name a JSON file such as {{"user": "password"}}, or give a password'
        )


def sign_in(basic_auth: str | None) -> dict[str, Any]:
    """Return what the server needs to ask for a password; nothing without one.

    Notes
    -----
    Panel's own pages load pictures from outside. The key that signs the cookies lives as long as the server: a restart
    asks everybody for the password again.
    """
    if basic_auth is None:
        return {}
    page = str(resources.files("vitsci_viz.views.panel_app").joinpath("assets", "login.html"))
    return {
        "basic_auth": basic_auth,
        "cookie_secret": secrets.token_hex(32),
        "login_template": page,
        "logout_template": page,
    }


def origins(address: str, port: int, *, allow_remote: bool) -> list[str] | None:
    """Return the hosts whose pages may talk to the server; None lets Bokeh decide for a port chosen later."""
    if is_local(address):
        return None if port == 0 else [f"{name}:{port}" for name in dict.fromkeys(("localhost", "127.0.0.1", address))]
    return ["*"] if allow_remote else [f"{address}:{port}"]
