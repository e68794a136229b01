"""What stands outside the chart: Supabase's part, Claude, Slack and transcription, as manifests.

PostgreSQL plays Supabase's database, a simulator PostgREST. Evolution is the chart's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from julia_dev import paths
from julia_dev.e2e.cluster import Cluster
from julia_dev.e2e.images import Images
from julia_dev.stack.secrets import Secrets
from julia_dev.stopping.scene import eventually

DATABASE: Final = "julia"
_HTTP: Final = 8000
_POSTGRES: Final = 5432
_RESTRICTED: Final = "pod-security.kubernetes.io/enforce"
_READY_WITHIN_S: Final = 180
_USER, _POSTGRES_USER = 10001, 999
_CPU: Final = {"postgres": "150m", "supabase": "150m", "anthropic": "100m"}
"""A share of a busy node, of what answers each turn; starved, it would be an outage of Claude's."""
_NOTHING_IS_KEPT: Final = ("-c", "fsync=off", "-c", "full_page_writes=off")
"""Its disk goes with its pod; waiting for a busy disk would only make it another database than
Supabase's."""


@dataclass(frozen=True)
class Neighbours:
    """The neighbours in a cluster's namespace."""

    cluster: Cluster
    images: Images
    secrets: Secrets

    async def start(self) -> None:
        """Make the namespace, Pod Security `restricted` enforced, and wait until all are ready.

        Raises:
            Refused: the cluster does not take them, or they do not get ready.
        """
        kubectl = self.cluster.kubectl
        await kubectl.apply(namespace(kubectl.namespace))
        await kubectl.apply(secret("outside", self._passwords()), *self._manifests())
        await _ready(self.cluster, "postgres")
        await self._make_roles()
        for name in ("supabase", "anthropic", "slack", "transcription"):
            await _ready(self.cluster, name)

    async def dsn(self, database: str = DATABASE) -> str:
        """Return a database of PostgreSQL, as its owner, from where this runs."""
        at = await self.cluster.address("postgres", _POSTGRES)
        return f"postgresql://postgres:{self.secrets.postgres_password}@{at}/{database}"

    async def url(self, name: str) -> str:
        """Return the URL of a simulator from where this runs."""
        return f"http://{await self.cluster.address(name, _HTTP)}"

    def values(self) -> dict[str, Any]:
        """Return the chart's values that say where they are and how to log in."""
        keys = self.secrets
        return {
            "config": {
                "SUPABASE_URL": _inside("supabase"),
                "ANTHROPIC_BASE_URL": _inside("anthropic"),
                # The simulator's dollars are none.
                "BUDGET_DAY_USD": 0,
                "TRANSCRIPTION_URL": _inside("transcription"),
            },
            "database": {"host": "postgres", "name": DATABASE, "sslmode": "disable"},
            "secrets": {
                "supabase": {"serviceKey": keys.service_key},
                "database": {"password": keys.postgres_password},
                "anthropic": {"apiKey": keys.anthropic_api_key},
                "evolution": {"apiKey": keys.evolution_api_key},
                "webhook": {"secret": keys.webhook_secret},
                "keys": {"quarantine": keys.quarantine_key, "documents": keys.documents_key},
                "slack": {
                    "webhookUrl": f"{_inside('slack')}/services/T0SIMULADO/B0SIMULADO/segredo",
                    "signingSecret": keys.slack_signing_secret,
                },
                "transcription": {"apiKey": keys.transcription_api_key},
            },
            "evolution": {"database": {"url": self._dsn_inside("postgres", "evolution")}},
        }

    async def _make_roles(self) -> None:
        """Do what a Supabase project brings along."""
        dsn = await self.dsn()
        await eventually("PostgreSQL", lambda: _answers(dsn), within_s=_READY_WITHIN_S)
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(paths.ROLES.read_text())
            # Made up by us, of letters that need no quoting.
            password = self.secrets.authenticator_password
            await connection.execute(f"alter role authenticator password '{password}'")
            if not await connection.fetchval("select 1 from pg_database where datname='evolution'"):
                await connection.execute("create database evolution")
        finally:
            await connection.close()

    def _passwords(self) -> dict[str, str]:
        keys = self.secrets
        return {
            "postgres": keys.postgres_password,
            "authenticator-dsn": self._dsn_inside("authenticator", DATABASE),
            "jwt": keys.jwt_secret,
            "anthropic": keys.anthropic_api_key,
            "transcription": keys.transcription_api_key,
            "slack": keys.slack_signing_secret,
        }

    def _dsn_inside(self, user: str, database: str) -> str:
        password = self.secrets.of_postgres()[user]
        return f"postgresql://{user}:{password}@postgres:{_POSTGRES}/{database}"

    def _manifests(self) -> list[dict[str, Any]]:
        simulators = self.images.of("simulators")
        manifests = deployment(
            "postgres",
            self.images.of("postgres"),
            port=_POSTGRES,
            probe={"tcpSocket": {"port": _POSTGRES}},
            env=[
                {"name": "POSTGRES_DB", "value": DATABASE},
                {"name": "PGDATA", "value": "/var/lib/postgresql/data/pgdata"},
                from_secret("POSTGRES_PASSWORD", "postgres"),
            ],
            folders=("/var/lib/postgresql/data", "/var/run/postgresql", "/tmp"),  # noqa: S108
            user=_POSTGRES_USER,
            command=["postgres-entrypoint", "postgres", *_NOTHING_IS_KEPT],
            cpu=_CPU["postgres"],
        )
        simulated = {
            "supabase": (
                "/health",
                [from_secret("PG_DSN", "authenticator-dsn"), from_secret("JWT_SECRET", "jwt")],
            ),
            "anthropic": ("/_sim", [from_secret("SIM_ANTHROPIC_API_KEY", "anthropic")]),
            "slack": ("/_sim", [from_secret("SIM_SLACK_SIGNING_SECRET", "slack")]),
            "transcription": (
                "/_sim",
                [from_secret("SIM_TRANSCRIPTION_API_KEY", "transcription")],
            ),
        }
        for name, (path, env) in simulated.items():
            manifests += deployment(
                name,
                simulators,
                port=_HTTP,
                probe={"httpGet": {"path": path, "port": _HTTP}},
                env=[
                    {"name": "HOST", "value": "0.0.0.0"},  # noqa: S104 - inside a pod
                    {"name": "PORT", "value": str(_HTTP)},
                    *env,
                ],
                command=["python", "-m", f"julia_simulators.{name}"],
                cpu=_CPU.get(name, "10m"),
            )
        return manifests


def namespace(name: str) -> dict[str, Any]:
    """Return a namespace that takes no pod which Pod Security `restricted` forbids."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {_RESTRICTED: "restricted"}},
    }


def deployment(  # noqa: PLR0913 - all that differs between them, by name
    name: str,
    image: str,
    *,
    port: int,
    probe: dict[str, Any],
    env: list[dict[str, Any]],
    command: list[str] | None = None,
    cpu: str = "10m",
    folders: tuple[str, ...] = ("/tmp",),  # noqa: S108 - a pod's own
    user: int = _USER,
) -> list[dict[str, Any]]:
    """Return a Deployment of one pod and its Service.

    `folders` are what it may write to; `cpu` is its share of a busy node, without which it starves.
    """
    labels = {"app": name}
    mounts = {f"at-{n}": folder for n, folder in enumerate(folders)}
    container: dict[str, Any] = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "env": env,
        "resources": {"requests": {"cpu": cpu, "memory": "64Mi"}},
        "ports": [{"containerPort": port}],
        "readinessProbe": {**probe, "periodSeconds": 2, "timeoutSeconds": 2},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": each, "mountPath": at} for each, at in mounts.items()],
    }
    if command is not None:
        container["command"] = command
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name, "labels": labels},
            "spec": {
                "selector": {"matchLabels": labels},
                "strategy": {"type": "Recreate"},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {
                        "automountServiceAccountToken": False,
                        "enableServiceLinks": False,
                        "terminationGracePeriodSeconds": 5,
                        "securityContext": {
                            "runAsNonRoot": True,
                            "runAsUser": user,
                            "runAsGroup": user,
                            "fsGroup": user,
                            "seccompProfile": {"type": "RuntimeDefault"},
                        },
                        "containers": [container],
                        "volumes": [{"name": each, "emptyDir": {}} for each in mounts],
                    },
                },
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "labels": labels},
            "spec": {"selector": labels, "ports": [{"port": port}]},
        },
    ]


def secret(name: str, data: Mapping[str, str]) -> dict[str, Any]:
    """Return a Secret."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name},
        "stringData": dict(data),
    }


def from_secret(variable: str, key: str) -> dict[str, Any]:
    """Return a variable whose value is a key of the Secret `outside`."""
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": "outside", "key": key}}}


def _inside(name: str) -> str:
    return f"http://{name}:{_HTTP}"


async def _ready(cluster: Cluster, name: str) -> None:
    await cluster.kubectl(
        "rollout", "status", f"deployment/{name}", f"--timeout={_READY_WITHIN_S}s"
    )


async def _answers(dsn: str) -> bool:
    try:
        connection = await asyncpg.connect(dsn, timeout=5)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    await connection.close()
    return True
