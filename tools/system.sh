#!/usr/bin/env bash
# Make sure of what comes from the system and not from PyPI: tools/system.sh [browser]
# Installs it with apt where that is allowed, else says which line is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing=()
if ! .venv/bin/python -c 'import cv2' 2>/dev/null; then
    missing+=(libgl1 libglib2.0-0)
fi
if [ "${1:-}" = browser ] && ! .venv/bin/python -m playwright --version >/dev/null 2>&1; then
    missing+=(libatomic1)
fi
if [ "${1:-}" = browser ] && [ -z "${VITSCI_VIZ_CHROMIUM:-}" ] &&
    ! command -v chromium chromium-browser google-chrome >/dev/null; then
    missing+=(chromium)
fi

if [ ${#missing[@]} -eq 0 ]; then
    exit
fi
line="apt-get install --yes --no-install-recommends ${missing[*]}"
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update --quiet --quiet
    $line --quiet --quiet >/dev/null
else
    echo "missing: ${missing[*]}; install with: sudo $line" >&2
    exit 1
fi
