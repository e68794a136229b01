"""The brain's ports on real neighbours."""
