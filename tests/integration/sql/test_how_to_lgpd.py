"""Each statement of the page on a doctor's data does, in its order, what the page says."""

import json
import re
from typing import Any

import pytest
from tests.integration.sql.conftest import PHONE, Julia
from tests.integration.sql.test_erasure import erase

from julia_dev.paths import ROOT

pytestmark = pytest.mark.integration

PAGE = (ROOT / "docs/how-to/lgpd.md").read_text()
SECTIONS = {
    section.partition("\n")[0]: re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    for section in PAGE.split("\n## ")[1:]
}


async def run(julia: Julia, section: str) -> list[Any]:
    """Run all statements of a section; return the first value of each."""
    answers = []
    for block in SECTIONS[section]:
        # A `;` ends a statement only at the end of a line.
        for statement in re.split(r";$", block, flags=re.MULTILINE):
            if statement.strip():
                rows = await julia.sql(statement)
                answers.append(rows[0][0] if rows else None)
    return answers


async def test_every_section_of_the_page(julia: Julia) -> None:
    conversa = (await julia.receive(text="sou a Helena sobrenome"))["conversa_id"]
    medico = await julia.value("select medico_id from conversations where id = $1", conversa)
    await julia.sql(
        "insert into doctor_context (medico_id, content, tipo) values"
        " ($1, 'Prefere noturno', 'preferencia'), ($1, 'Tem dois filhos', 'info_pessoal')",
        medico,
    )
    await julia.call("chatwoot_linked", conversa_id=conversa, contact_id=7, conversation_id=8)

    told, where = await run(julia, "What is held (access, portability)")
    assert json.loads(told)["dados"]["interacoes"][0]["conteudo"] == "sou a Helena sobrenome"
    assert where == "interacoes"

    await run(julia, "Correct it")
    assert await julia.value("select crm from medicos") == "CRM/SP 123456"
    known = await julia.sql("select content from doctor_context")
    assert [row["content"] for row in known] == ["Prefere plantões de dia"]

    erased, protocolo, _ = await run(julia, "Erase it")
    erased = json.loads(erased)
    assert (erased["status"], protocolo) == ("eliminado", "LGPD-2026-17")
    assert await julia.value("select count(*) from medicos where telefone is not null") == 0

    (waiting,) = await run(julia, "What is not in the database")
    assert str(waiting) == conversa

    back = (await julia.receive(PHONE, "oi de novo", provider_at=julia.now()))["medico_id"]
    await run(julia, "When she comes back")
    assert not await julia.value("select opted_out from medicos where id::text = $1", back)

    hashes = json.dumps(erased["supressao"])
    (block,) = SECTIONS["After a backup was restored"]
    (again,) = await julia.sql(block.replace('["…"]', hashes))
    assert json.loads(again[0])["status"] == "eliminado"
    assert (await erase(julia, telefone=PHONE))["status"] == "repetido"


def test_the_page_names_each_refusal_as_it_is_said() -> None:
    migration = next(ROOT.glob("supabase/migrations/*_erasure.sql")).read_text()

    assert "'this doctor has % booked shift(s) to come'" in migration
    assert "this doctor has 2 booked shift(s) to come" in PAGE
    assert "'Pediu a eliminação dos dados (LGPD)'" in migration
    assert "`Pediu a eliminação dos dados (LGPD)`" in PAGE
