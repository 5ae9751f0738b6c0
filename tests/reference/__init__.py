"""Slow, obvious forms of adaptive patching: the oracle that the fast code is held against.

Written from the contract alone, in plain loops; nothing here imports the code under test.
"""
