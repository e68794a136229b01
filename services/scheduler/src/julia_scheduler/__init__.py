"""scheduler of Julia."""
