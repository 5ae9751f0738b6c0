"""Ways to look at adaptive patching: a session without any toolkit, and the views that draw it."""
