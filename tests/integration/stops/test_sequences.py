"""Whatever is done about a stop, in whatever order: the database does what the protocol says."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.integration.sql.conftest import Julia
from tests.integration.stops import breaking
from tests.integration.stops.sequence import Sequence, furnish

pytestmark = pytest.mark.integration

_ANY = settings(
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def machine(pg_dsn: str) -> Iterator[type[Sequence]]:
    """A machine on a database of its own, whose functions a test may break."""
    with asyncio.Runner() as runner:

        async def open_pool() -> asyncpg.Pool:
            return await asyncpg.create_pool(pg_dsn, min_size=1, max_size=2)

        pool = runner.run(open_pool())
        julia = Julia(pool, pg_dsn)
        conversations, bound = runner.run(furnish(julia))
        yield type(
            "Sequence",
            (Sequence,),
            {"julia": julia, "runner": runner, "conversations": conversations, "bound": bound},
        )
        runner.run(pool.close())


def test_the_database_and_the_model_agree_after_every_step(machine: type[Sequence]) -> None:
    run_state_machine_as_test(
        machine, settings=settings(_ANY, max_examples=10, stateful_step_count=25)
    )


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_they_agree_for_long(machine: type[Sequence]) -> None:
    run_state_machine_as_test(
        machine, settings=settings(_ANY, max_examples=150, stateful_step_count=40)
    )


@pytest.mark.parametrize(
    "broken",
    [
        breaking.SCOPES_THE_WRONG_WAY,
        pytest.param(breaking.A_RESTORED_SPEC_RESUMES, marks=pytest.mark.faults),
        pytest.param(breaking.A_NEW_RESOURCE_RESUMES, marks=pytest.mark.faults),
        pytest.param(breaking.A_REPEAT_IS_A_DECISION, marks=pytest.mark.faults),
        pytest.param(breaking.A_REMOVAL_ENDS_ALL, marks=pytest.mark.faults),
        pytest.param(breaking.TIME_DOES_NOT_END_A_PAUSE, marks=pytest.mark.faults),
        pytest.param(breaking.ANY_FIELD_OF_A_SCOPE_COVERS, marks=pytest.mark.faults),
        pytest.param(breaking.THE_CLAIM_FORGETS_THE_CAMPAIGN, marks=pytest.mark.faults),
        pytest.param(breaking.THE_COMMIT_FORGETS_THE_PAUSE, marks=pytest.mark.faults),
    ],
)
@pytest.mark.timeout(300)
def test_they_disagree_when_a_function_is_broken(
    machine: type[Sequence], broken: breaking.Break
) -> None:
    machine.runner.run(broken.make(machine.julia))

    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            machine,
            settings=settings(
                _ANY, max_examples=400, stateful_step_count=40, phases=[Phase.generate]
            ),
        )
