"""People take doctors over and give them back, on the whole stack; what that must never break."""
