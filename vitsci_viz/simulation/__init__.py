"""Images made from a seed, with masks that are true by construction."""
