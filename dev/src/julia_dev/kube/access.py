"""Ways into a running API server: kubeconfigs, kubectl, and the operator's home."""

import base64
import json
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from julia_dev import paths
from julia_dev.kube.kubectl import Kubectl

_RULES = paths.ROOT / "charts" / "julia" / "files" / "operator-rules.yaml"
_ACCOUNT = "julia-operator"
_RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Access:
    """An API server by its URL, with the authority and the administrator's certificate in `pki`.

    Kubeconfigs are written into `folder`.
    """

    folder: Path
    pki: Path
    url: str

    def client(self) -> httpx.AsyncClient:
        """An administrator's HTTP client: what is asked often need not start kubectl each time."""
        return httpx.AsyncClient(base_url=self.url, verify=self.trust(), trust_env=False)

    def trust(self) -> ssl.SSLContext:
        """Whom an administrator believes, and who they are."""
        trust = ssl.create_default_context(cafile=self.pki / "ca.crt")
        trust.load_cert_chain(self.pki / "admin.crt", self.pki / "admin.key")
        # The authority is ours and short-lived; it leaves out what OpenSSL's strict mode asks for.
        trust.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return trust

    def kubectl(self, namespace: str = "default") -> Kubectl:
        """Return an administrator's kubectl."""
        return Kubectl(self.kubeconfig("admin"), namespace)

    def kubeconfig(self, name: str) -> Path:
        """Write the kubeconfig of who has the certificate `name`."""
        user = {
            "client-certificate-data": _encoded(self.pki / f"{name}.crt"),
            "client-key-data": _encoded(self.pki / f"{name}.key"),
        }
        return self._kubeconfig(name, user)

    async def home_of_operator(self, namespace: str) -> Path:
        """Make the namespace with the operator's account and rights; return its kubeconfig."""
        kubectl = self.kubectl(namespace)
        await kubectl.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": _ACCOUNT}},
            _role(),
            _binding(namespace),
        )
        return await self.kubeconfig_of(_ACCOUNT, namespace)

    async def kubeconfig_of(self, account: str, namespace: str) -> Path:
        """Write the kubeconfig of a service account, good for a day. Raises `Refused`."""
        token = await self.kubectl(namespace)("create", "token", account, "--duration=24h")
        return self._kubeconfig(f"{account}.{namespace}", {"token": token.strip()})

    def _kubeconfig(self, name: str, user: dict[str, str]) -> Path:
        path = self.folder / f"{name}.kubeconfig"
        cluster = {
            "server": self.url,
            "certificate-authority-data": _encoded(self.pki / "ca.crt"),
        }
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "julia",
            "clusters": [{"name": "julia", "cluster": cluster}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "julia", "context": {"cluster": "julia", "user": name}}],
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        return path


def _role() -> dict[str, Any]:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "Role",
        "metadata": {"name": _ACCOUNT},
        "rules": yaml.safe_load(_RULES.read_text()),
    }


def _binding(namespace: str) -> dict[str, Any]:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": _ACCOUNT},
        "roleRef": {"apiGroup": _RBAC, "kind": "Role", "name": _ACCOUNT},
        "subjects": [{"kind": "ServiceAccount", "name": _ACCOUNT, "namespace": namespace}],
    }


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
