"""A database of one's own, and the functions called on it as the services call them."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.integration.sql.conftest import Julia

# Sends neither wait for one another nor to be seen typed.
_AT_ONCE = """
update configuracoes set valor = '[0, 0]' where chave = 'espacamento_segundos';
update configuracoes set valor = '0' where chave = 'digitacao_ms_por_caractere';
"""


@pytest.fixture
def stops_dsn(pg_dsn: str) -> str:
    """A fresh database: tests replace its functions."""
    return pg_dsn


@pytest.fixture
async def julia(stops_dsn: str) -> AsyncIterator[Julia]:
    async with asyncpg.create_pool(stops_dsn, min_size=2, max_size=32) as pool:
        await pool.execute(_AT_ONCE)
        yield Julia(pool, stops_dsn)
