"""`make ledger`: a day's worth of doctors under fire, and the count of what they received."""
