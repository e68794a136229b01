"""`make operator`: Julia is stopped and resumed in every way, under load, and what then left."""
