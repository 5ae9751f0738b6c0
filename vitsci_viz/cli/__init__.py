"""The command line: ``vitsci-viz patch | sweep | sample | run | serve``."""

from vitsci_viz.cli.app import main

__all__ = ["main"]
