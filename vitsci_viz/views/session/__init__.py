"""What a view asks of an open image, with no GUI library: state, session, scenes of small arrays."""
