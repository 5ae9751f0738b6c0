"""Notebook views: ipywidgets around the shared canvas."""
