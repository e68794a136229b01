"""brain of Julia."""
