"""From projections to slices: geometry, corrections, filters, back-projection."""
