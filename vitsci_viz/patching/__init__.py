"""Adaptive patching: detail, trees, tokens, and what a tree keeps."""
