"""A second Julia beside the first one, in a namespace of her own.

She has a database, a Redis and a RabbitMQ of her own, and no Evolution: whatever becomes of her,
she can neither help the first one nor write to a doctor.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import asyncpg

from julia_dev.e2e.cluster import Cluster, HelmFailed
from julia_dev.e2e.install import Release, merged
from julia_dev.e2e.neighbours import deployment, from_secret, namespace, secret
from julia_dev.e2e.scene import Scene

_DATABASE: Final = "segunda"
_SMALL: Final = {"resources": {"requests": {"cpu": "10m", "memory": "64Mi"}}}
"""Beside another Julia on one node."""
_ONE_POD: Final = {"replicas": 1, "autoscaling": {"mode": "off"}, **_SMALL}


@asynccontextmanager
async def second(
    scene: Scene, given: Mapping[str, str], values: Mapping[str, Any]
) -> AsyncIterator[tuple[Cluster, Release]]:
    """Prepare her for the block, which installs her; afterwards nothing of her is left.

    Args:
        scene: where the first Julia is.
        given: a Secret `dados` that is there before her.
        values: what she gets otherwise than the first one.
    """
    first = scene.cluster
    cluster = Cluster(
        kubeconfig=first.kubeconfig,
        namespace=f"{first.namespace}-segunda",
        direct=first.direct,
        helm_name=first.helm_name,
    )
    async with cluster:
        await _database(scene, f'create database "{_DATABASE}"')
        try:
            await cluster.kubectl.apply(namespace(cluster.namespace))
            await cluster.kubectl.apply(secret("dados", given), *_supabase(scene))
            yield cluster, Release(cluster, merged(_values(scene), values))
        finally:
            with suppress(HelmFailed):
                await Release(cluster, {}).uninstall()
            await cluster.kubectl("delete", "namespace", cluster.namespace, "--wait=false")
            await _database(scene, f'drop database "{_DATABASE}" with (force)')


def _values(scene: Scene) -> dict[str, Any]:
    beside = scene.cluster.namespace
    return merged(
        scene.release.values,
        {
            "crds": {"enabled": False},
            "operator": {"enabled": False, **_SMALL},
            "ingest": _ONE_POD,
            "brain": _ONE_POD,
            "database": {"host": f"postgres.{beside}.svc", "name": _DATABASE},
            "dispatcher": _SMALL,
            "scheduler": _SMALL,
            "redis": {"persistence": {"enabled": False}, **_SMALL},
            "rabbitmq": {"persistence": {"enabled": False}, **_SMALL},
            # Nobody is there.
            "evolution": {"enabled": False, "external": {"url": "http://evolution:8080"}},
            "backup": {"enabled": False},
        },
    )


def _supabase(scene: Scene) -> list[dict[str, Any]]:
    """The endpoint of her database."""
    keys = scene.neighbours.secrets
    password = keys.of_postgres()["authenticator"]
    host = f"postgres.{scene.cluster.namespace}.svc"
    outside = {
        "dsn": f"postgresql://authenticator:{password}@{host}:5432/{_DATABASE}",
        "jwt": keys.jwt_secret,
    }
    return [
        secret("outside", outside),
        *deployment(
            "supabase",
            scene.images.of("simulators"),
            port=8000,
            probe={"httpGet": {"path": "/health", "port": 8000}},
            env=[
                {"name": "HOST", "value": "0.0.0.0"},  # noqa: S104 - inside a pod
                {"name": "PORT", "value": "8000"},
                from_secret("PG_DSN", "dsn"),
                from_secret("JWT_SECRET", "jwt"),
            ],
            command=["python", "-m", "julia_simulators.supabase"],
        ),
    ]


async def _database(scene: Scene, statement: str) -> None:
    connection = await asyncpg.connect(await scene.neighbours.dsn())
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
