"""What trained models reach: runs of minutes, each one a recipe that is trained once, resumed and kept."""
