"""A real one-node Kubernetes from plain processes, for machines without Docker, kind or k3d."""
