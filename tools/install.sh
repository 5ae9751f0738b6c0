#!/usr/bin/env bash
# Make .venv and install the package with one of its extras into it: tools/install.sh EXTRA
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
extra=${1:?name an extra of pyproject.toml, such as test}
python=.venv/bin/python

find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "needs Python 3.11 or newer: apt-get install python3, or name one with PYTHON=..." >&2
    return 1
}

# An environment knows its own place: one that was moved or half made is made anew.
is_sound() {
    [ -x "$python" ] && "$python" -c 'import os, pip, sys; sys.exit(not os.path.samefile(sys.prefix, ".venv"))' 2>/dev/null
}

make_environment() {
    local base
    base=$(find_python)
    rm -rf .venv
    "$base" -m venv .venv || {
        rm -rf .venv
        echo "needs the venv module: apt-get install python3-venv" >&2
        return 1
    }
}

# uv does not read where pip was told to look for packages, so it is told the same.
uv_sources() {
    local folder
    for folder in $("$python" -m pip config get global.find-links 2>/dev/null); do
        printf '%s\n' --find-links "$folder"
    done
}

install_with_uv() {
    local sources
    "$python" -m pip install --quiet --disable-pip-version-check uv || return 1
    mapfile -t sources < <(uv_sources)
    "$python" -m uv pip install --quiet --python "$python" "${sources[@]}" -c constraints.txt -e ".[$extra]"
}

install_with_pip() {
    "$python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$extra]"
}

is_sound || make_environment
echo "installing vitsci-viz[$extra] into .venv"
install_with_uv || {
    echo "uv could not install it; trying pip, which is slower" >&2
    install_with_pip
}
