"""Adaptive patching for vision transformers on scientific images: tune it, look at it, use it."""

__version__ = "0.1.0"
