"""Every job of the scheduler: one line each; a job lives in the module of its name."""

from julia_common.database import Database
from julia_common.evolution import EvolutionClient
from julia_common.messaging import Publisher
from julia_scheduler.chatwoot.catchup import ChatwootCatchUp
from julia_scheduler.ingest import Ingest
from julia_scheduler.jobs.campaigns import campaigns
from julia_scheduler.jobs.canary import canary
from julia_scheduler.jobs.chatwoot import chatwoot
from julia_scheduler.jobs.connections import connections
from julia_scheduler.jobs.followups import followups
from julia_scheduler.jobs.health import health
from julia_scheduler.jobs.heartbeat import heartbeat
from julia_scheduler.jobs.holidays import holidays
from julia_scheduler.jobs.job import Job
from julia_scheduler.jobs.notices import notices
from julia_scheduler.jobs.pauses import pauses
from julia_scheduler.jobs.proofs import proofs
from julia_scheduler.jobs.reports import reports
from julia_scheduler.jobs.retention import retention
from julia_scheduler.jobs.shifts import shifts
from julia_scheduler.managers.bringing import Bringer
from julia_scheduler.settings import Settings


def all_jobs(
    database: Database,
    publisher: Publisher,  # noqa: ARG001 - jobs that ring the dispatcher
    evolution: EvolutionClient,
    ingest: Ingest,
    settings: Settings,
    bringer: Bringer | None,
    catch_up: ChatwootCatchUp | None,
) -> tuple[Job, ...]:
    """The jobs of this deployment; their names are unique."""
    return (
        heartbeat(database),
        canary(database, ingest, instance=settings.evolution_instances[0]),
        holidays(database),
        connections(database, evolution, settings.evolution_instances),
        health(database),
        campaigns(database),
        followups(database),
        pauses(database),
        shifts(database),
        notices(bringer),
        *([chatwoot(catch_up)] if catch_up is not None else []),
        *reports(database),
        proofs(database, max_hora=settings.max_msgs_por_hora, max_dia=settings.max_msgs_por_dia),
        retention(database),
    )
