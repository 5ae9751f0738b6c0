"""Training and scoring: data, losses, loop, checkpoints, metrics."""
