"""Run a recipe somewhere else than in this process; imports the ground floor alone."""
