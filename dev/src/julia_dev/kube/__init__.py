"""A real Kubernetes API server for tests: etcd and kube-apiserver as plain processes."""
