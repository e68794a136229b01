"""The composition root: everything is built here, once."""

import socket
from contextlib import AsyncExitStack

from julia_common.database import Database
from julia_common.secrets import SecretsCheck
from julia_common.serve import Service
from julia_operator.cluster import Cluster
from julia_operator.reconciling import Reconciling
from julia_operator.settings import Settings
from julia_operator.watching import Watching


async def build(settings: Settings, stack: AsyncExitStack) -> Service:
    """Open everything on `stack` and wire it up."""
    database = await Database.create(settings.supabase_url, settings.supabase_service_key)
    stack.push_async_callback(database.aclose)
    # A pod's hostname is its name.
    cluster = Cluster(settings.watch_namespace, instance=socket.gethostname())
    stack.push_async_callback(cluster.aclose)
    watching = Watching(Reconciling(database, cluster), cluster, namespace=settings.watch_namespace)
    # The database is no part of readiness: away, its absence is told in the resources' conditions.
    return Service(
        readiness={"watch": watching.check, "secrets": SecretsCheck(settings)},
        background=[watching],
    )
