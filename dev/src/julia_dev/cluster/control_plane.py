"""What decides: etcd, the API server, the controllers and the scheduler."""

from pathlib import Path

from julia_dev.cluster.home import (
    API_SERVICE_ADDRESS,
    ETCD_PEER_URL,
    ETCD_URL,
    NODE,
    NODE_ADDRESS,
    SERVICE_NETWORK,
    Home,
)
from julia_dev.kube.binaries import binary
from julia_dev.kube.certificates import Authority, service_account_key

_API_NAMES = (
    *("localhost", "127.0.0.1", NODE_ADDRESS, API_SERVICE_ADDRESS),
    *("kubernetes", "kubernetes.default", "kubernetes.default.svc"),
)
CLIENTS = ("admin", "controller-manager", "scheduler", "kubelet", "proxy")
"""Who gets a kubeconfig."""


def certify(pki: Path) -> None:
    """Make the cluster's authority and the certificates that it signs."""
    authority = Authority.create(pki)
    authority.issue("apiserver", "kube-apiserver", hosts=_API_NAMES)
    authority.issue("front-proxy", "front-proxy")
    authority.issue("admin", "admin", groups=("system:masters",))
    authority.issue("controller-manager", "system:kube-controller-manager")
    authority.issue("scheduler", "system:kube-scheduler")
    authority.issue("proxy", "system:kube-proxy")
    authority.issue(
        *("kubelet", f"system:node:{NODE}"), groups=("system:nodes",), hosts=(NODE, NODE_ADDRESS)
    )
    service_account_key(pki / "service-accounts.key")


def etcd(home: Home) -> tuple[str | Path, ...]:
    """Return etcd's command."""
    return (
        "etcd",
        f"--data-dir={home.run / 'etcd'}",
        "--unsafe-no-fsync",
        f"--listen-client-urls={ETCD_URL}",
        f"--advertise-client-urls={ETCD_URL}",
        f"--listen-peer-urls={ETCD_PEER_URL}",
        f"--initial-advertise-peer-urls={ETCD_PEER_URL}",
        f"--initial-cluster=default={ETCD_PEER_URL}",
    )


def api_server(home: Home) -> tuple[str | Path, ...]:
    """Return kube-apiserver's command."""
    pki = home.pki
    return (
        binary("kube-apiserver"),
        f"--etcd-servers={ETCD_URL}",
        f"--bind-address={NODE_ADDRESS}",
        f"--advertise-address={NODE_ADDRESS}",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        f"--cert-dir={home.run / 'apiserver'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki / 'service-accounts.key'}",
        f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
        # `kubectl exec` and `logs`: by address, as nothing resolves the node's name.
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-client-certificate={pki / 'admin.crt'}",
        f"--kubelet-client-key={pki / 'admin.key'}",
        # For metrics-server and KEDA, which answer a part of the API themselves.
        "--enable-aggregator-routing",
        f"--requestheader-client-ca-file={pki / 'ca.crt'}",
        "--requestheader-allowed-names=front-proxy",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={pki / 'front-proxy.crt'}",
        f"--proxy-client-key-file={pki / 'front-proxy.key'}",
    )


def controller_manager(home: Home) -> tuple[str | Path, ...]:
    """Return kube-controller-manager's command."""
    return (
        binary("kube-controller-manager"),
        f"--kubeconfig={home.run / 'controller-manager.kubeconfig'}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--use-service-account-credentials",
        f"--root-ca-file={home.pki / 'ca.crt'}",
        f"--service-account-private-key-file={home.pki / 'service-accounts.key'}",
        # Tests of minutes cannot wait for a cluster's defaults: 15 s between looks, 5 min of youth.
        "--horizontal-pod-autoscaler-sync-period=5s",
        "--horizontal-pod-autoscaler-cpu-initialization-period=30s",
    )


def scheduler(home: Home) -> tuple[str | Path, ...]:
    """Return kube-scheduler's command."""
    return (
        binary("kube-scheduler"),
        f"--kubeconfig={home.run / 'scheduler.kubeconfig'}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
    )
