"""Recipe to result: the only floor where the rooms below meet."""
