"""The command line as ``python -m vitsci_viz.cli``: the same Python, whatever the search path holds."""

import sys

from vitsci_viz.cli import main

if __name__ == "__main__":
    sys.exit(main())
