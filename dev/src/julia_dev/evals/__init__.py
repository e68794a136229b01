"""`make evals`: conversations from files, played against the real services and judged by rules."""
