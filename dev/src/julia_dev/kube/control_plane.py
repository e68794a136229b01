"""etcd and kube-apiserver, started, stopped and reached; nothing that runs pods."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import httpx

from julia_dev.kube.binaries import binary
from julia_dev.kube.certificates import Authority, service_account_key
from julia_dev.stack.probes import NotReady, Probe
from julia_dev.stack.program import Program

_SERVICES = "10.96.0.0/16"
_PROBE_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class ControlPlane:
    """Where it lives and how it is reached."""

    folder: Path
    port: int
    etcd_port: int
    etcd_peer_port: int

    @property
    def pki(self) -> Path:
        """Certificates and keys."""
        return self.folder / "pki"

    @property
    def url(self) -> str:
        """The API server's URL."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def etcd_url(self) -> str:
        """The URL of etcd."""
        return f"http://127.0.0.1:{self.etcd_port}"

    def prepare(self) -> None:
        """Make certificates: the server's, the administrator's."""
        self.folder.mkdir(parents=True, exist_ok=True)
        authority = Authority.create(self.pki)
        authority.issue("apiserver", "kube-apiserver")
        authority.issue("admin", "admin", groups=("system:masters",))
        service_account_key(self.pki / "service-accounts.key")

    def etcd(self) -> Program:
        """Return etcd's process."""
        client = self.etcd_url
        peer = f"http://127.0.0.1:{self.etcd_peer_port}"
        return Program(
            name="etcd",
            argv=(
                binary("etcd"),
                f"--data-dir={self.folder / 'etcd'}",
                "--unsafe-no-fsync",
                f"--listen-client-urls={client}",
                f"--advertise-client-urls={client}",
                f"--listen-peer-urls={peer}",
                f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}",
            ),
            probe=_etcd_answers(client),
            folder=self.folder,
        )

    def api_server(self) -> Program:
        """Return kube-apiserver's process."""
        pki = self.pki
        return Program(
            name="kube-apiserver",
            argv=(
                binary("kube-apiserver"),
                f"--etcd-servers={self.etcd_url}",
                "--bind-address=127.0.0.1",
                f"--secure-port={self.port}",
                "--advertise-address=127.0.0.1",
                "--endpoint-reconciler-type=none",
                f"--service-cluster-ip-range={_SERVICES}",
                "--authorization-mode=RBAC",
                # Without a controller manager nobody makes service accounts for namespaces.
                "--disable-admission-plugins=ServiceAccount",
                f"--cert-dir={self.folder / 'certificates'}",
                f"--client-ca-file={pki / 'ca.crt'}",
                f"--tls-cert-file={pki / 'apiserver.crt'}",
                f"--tls-private-key-file={pki / 'apiserver.key'}",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={pki / 'service-accounts.key'}",
                f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
            ),
            probe=self._ready(),
            folder=self.folder,
            ready_timeout_s=120,
            stop_timeout_s=5,
        )

    def client(self) -> httpx.AsyncClient:
        """An administrator's HTTP client."""
        return httpx.AsyncClient(
            base_url=self.url, verify=self._trust(), trust_env=False, timeout=_PROBE_TIMEOUT_S
        )

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.pki / "ca.crt")
        context.load_cert_chain(self.pki / "admin.crt", self.pki / "admin.key")
        # The authority is ours and short-lived; it leaves out what OpenSSL's strict mode asks for.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    def _ready(self) -> Probe:
        async def probe() -> None:
            try:
                async with self.client() as client:
                    answer = await client.get("/readyz")
            except (httpx.HTTPError, OSError) as error:
                raise NotReady(f"the API server: {error or type(error).__name__}") from error
            if not answer.is_success:
                raise NotReady(f"the API server answers {answer.status_code}: {answer.text[-200:]}")

        return probe


def _etcd_answers(url: str) -> Probe:
    async def probe() -> None:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=_PROBE_TIMEOUT_S) as client:
                answer = await client.get(f"{url}/health")
        except httpx.HTTPError as error:
            raise NotReady(f"etcd: {error or type(error).__name__}") from error
        if not answer.is_success:
            raise NotReady(f"etcd answers {answer.status_code}")

    return probe
