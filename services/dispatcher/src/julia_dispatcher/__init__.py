"""dispatcher of Julia."""
