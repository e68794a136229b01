"""One doctor through as much as can happen to her, made of words that nobody else would write."""

import base64
import hashlib
import json
import re
import uuid
from typing import Any

from tests.integration.sql.conftest import Julia, lid, phone
from tests.integration.sql.courting import MONDAY, Courting
from tests.integration.sql.test_chatwoot import person_returns, person_writes, show_all

from julia_common.contracts import text_hash

NUMBER = "5531987650192"
OLD_FORM = "553187650192"
LID = "77001122334455"
CRM = "CRM/MG 778899"
WORD = "cafubira"
"""Of her words, and of what is said to her, the one that nobody else would write."""
PUSH = "Zozó Plantonista"

FILE = base64.b64encode(f"{WORD} em bytes".encode()).decode()
CHAT = 90210

_WRITTEN = (
    r"8765\D{0,3}0192|zoraide|quintanilha|zoz[oó]|778899|77001122334455|cafubira"
    rf"|{re.escape(FILE[:12])}"
)

USAGE = {
    "model": "x", "chamadas": 1, "input_tokens": 1, "output_tokens": 1, "custo_usd": "0.01",
    "llm_ms": 1,
}  # fmt: skip

_TABLES = """
select format('%I.%I', n.nspname, c.relname) from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema')
   and n.nspname !~ '^pg_(toast|temp)'
 order by 1
"""


class Life:
    """What happens to her, and where words of it stand."""

    def __init__(self, julia: Julia) -> None:
        self.julia = julia
        self.courting = Courting(julia)
        self.shifts = self.courting.shifts
        self.medico = ""
        self.conversa = ""
        self.said: list[str] = []
        self.received: list[dict[str, Any]] = []
        self.open_claim: Any = None

    async def found(self) -> set[str]:
        """The tables of any schema with something of her in a row, bytes and hashes included."""
        hashed = [text_hash(text) for text in self.said]
        hashed += [hashlib.sha256(f"{sign}{NUMBER}".encode()).hexdigest() for sign in ("", "+")]
        pattern = "|".join([_WRITTEN, *hashed, WORD.encode().hex(), NUMBER.encode().hex()])
        tables = [row[0] for row in await self.julia.sql(_TABLES)]
        return {
            table
            for table in tables
            if await self.julia.value(
                f"select exists (select from {table} t where t::text ~* $1)",  # noqa: S608 - the catalogue's
                pattern,
            )
        }

    async def live(self) -> None:
        """All of it; at the end a turn thinks, a part is being posted and others wait."""
        await self._is_courted()
        await self._writes_back()
        await self._books()
        await self._sends_documents()
        await self._talks_with_people()
        await self._is_asked_for_in_slack()
        await self._is_noted()
        await self._waits_for_approval()
        await self._is_in_the_midst()

    async def receive(self, text: str, **p: Any) -> Any:
        p.setdefault("key_id", uuid.uuid4().hex)
        p.setdefault("identities", [phone(NUMBER), lid(LID)])
        message = {"text": f"{text} {WORD}", "push_name": PUSH, **p}
        message.setdefault("provider_at", self.julia.now())
        self.received.append(message)
        return await self.julia.receive(NUMBER, **message)

    async def send(self) -> None:
        """Send all that may go."""
        while (claim := await self.courting.claim(self.conversa))["status"] == "enviar":
            self.said.append(claim["conteudo"])
            await self.julia.record(claim, remote_jid=f"{OLD_FORM}@s.whatsapp.net")

    async def turn(self) -> Any:
        await self.julia.make_due(self.conversa)
        turn = await self.julia.begin(self.conversa)
        assert turn["status"] == "iniciado", turn
        return turn

    async def _is_courted(self) -> None:
        await self.courting.move_to(MONDAY, 10)
        await self.courting.number()
        self.medico = await self.courting.doctor(
            telefone=f"+{OLD_FORM}", primeiro_nome="Zoraide", sobrenome="Quintanilha", crm=CRM
        )
        await self.courting.start(corpo="Posso te contar dos plantões?")
        await self.courting.feed()
        self.conversa = str(await self.julia.value("select id from conversations"))
        await self.send()
        assert len(self.said) == 1
        assert "Zoraide" in self.said[0]

    async def _writes_back(self) -> None:
        # First by her LID alone: nobody knows yet that it is she.
        other = await self.receive("quem é?", identities=[lid(LID)])
        assert other["medico_id"] != self.medico
        await self.receive(
            "sou eu, que máquina é essa?",
            suspeita_bot={"padrao": "robo", "trecho": f"que máquina {WORD}"},
            quoted={"key_id": "x", "text": f"Oi, Zoraide {WORD}"},
        )
        self.medico = str(
            await self.julia.value("select id from medicos where telefone is not null")
        )
        self.conversa = str(
            await self.julia.value(
                "select id from conversations where status in ('active', 'escalated')"
                " and medico_id = $1",
                uuid.UUID(self.medico),
            )
        )
        await self.julia.give_back(self.conversa)
        await self.receive("tem plantão?")

    async def _books(self) -> None:
        booked, listed, refused = [await self.shifts.offer(days) for days in (10, 20, 30)]
        turn = await self.turn()
        held = await self.shifts.hold(turn, booked)
        assert held["status"] == "segurada", held
        effects = {
            "memorias": [{"tipo": "preferencia", "conteudo": f"Zoraide prefere {WORD}"}],
            "lembretes": [
                {
                    "quando": self.julia.ago(days=-3).isoformat(),
                    "mensagem": f"Oi, Zoraide {WORD}",
                    "contexto": WORD,
                }
            ],
            "fatos": [{"tipo": "hospital", "chave": "h", "dados": {"nome": f"Santa {WORD}"}}],
            "lista_espera": [listed],
            "opt_out": {"escopo": "vaga", "vaga_id": refused, "motivo": f"longe {WORD}"},
        }
        await self.julia.commit(
            turn, f"Fechado, Zoraide! {WORD}", "Até lá!", holds=[held["reserva_id"]],
            effects=effects, usage=USAGE, prompt_id="persona-1", rota="curta",
        )  # fmt: skip
        await self.julia.call(
            "store_shadow", turno_id=turn["turno_id"], conversa_id=self.conversa,
            prompt_id="persona-1", texto=f"Zoraide {WORD}", usage=USAGE,
        )  # fmt: skip
        await self.send()
        last = await self.julia.value(
            "select max(id) from interacoes where conversa_id = $1", uuid.UUID(self.conversa)
        )
        done = await self.julia.call(
            "store_summary", conversa_id=self.conversa, op_id=str(uuid.uuid4()), ate=last,
            resumo=f"Zoraide quer {WORD}", usage=USAGE,
        )  # fmt: skip
        assert done["status"] == "guardado"

    async def _sends_documents(self) -> None:
        media = {"mimetype": "image/png", "file_name": f"Zoraide {CRM}.png"}
        await self.receive("meu CRM", tipo="imagem", anexos=media)
        turn = await self.turn()
        await self.julia.call(
            "store_reading", conversa_id=self.conversa, token=turn["token"],
            interacao_id=turn["pending"][0]["id"], leitura=f"carteira de Zoraide, {CRM}",
            documento={
                "tipo": "crm", "cifrado": f"cifra de {WORD}", "sha256": "a" * 64,
                "mime": "image/png", "bytes": 10,
            },
        )  # fmt: skip
        await self.julia.commit(turn, f"Obrigada! {WORD}")
        await self.send()

    async def _talks_with_people(self) -> None:
        julia = self.julia
        await julia.call(
            "take_over", conversa_id=self.conversa, trigger_type="manual",
            motivo=f"Zoraide reclamou de {WORD}", notify=False, por="ana",
        )  # fmt: skip
        await julia.call(
            "chatwoot_linked", conversa_id=self.conversa, contact_id=7, conversation_id=CHAT
        )
        await julia.sql(
            "update handoffs set notas = $1 where status = 'pendente'", f"ligar {NUMBER}"
        )
        await person_writes(julia, f"Oi, Zoraide, {WORD} aqui é a Bia", conversation_id=CHAT)
        await self.send()
        await show_all(julia)
        await person_returns(julia, conversation_id=CHAT)
        # A part of which nobody knows whether it arrived, parked and released.
        await self.receive("e aí?")
        await julia.answer(self.conversa, f"Um, Zoraide {WORD}")
        claim = await self.courting.claim(self.conversa)
        self.said.append(claim["conteudo"])
        await julia.record(claim, "incerta", motivo=f"500 {NUMBER}")
        await julia.later(seconds=100)
        assert (await julia.settle(claim, "nenhuma"))["status"] == "estacionada"
        await julia.call("decidir_envio", fila_id=claim["fila_id"], decisao="descartar", por="ana")
        await julia.give_back(self.conversa)

    async def _is_asked_for_in_slack(self) -> None:
        julia = self.julia
        for chave, texto in (
            ("a", "medico (31) 98765-0192"),
            ("b", f'assumir 5531987650192 "Zoraide Quintanilha {WORD}"'),
            ("c", "quem é a zoraide quintanilha?"),
        ):
            asked = await julia.call(
                "receive_command", chave=chave, tipo="comando", usuario="U0ANA", texto=texto,
                resposta_url="http://slack/x", recebido_em=julia.now().isoformat(),
            )  # fmt: skip
            if chave == "b":
                await julia.call("due_commands", owner=julia.owner, limit=9, lease_s=30)
                kept = await julia.call(
                    "keep_answer", id=asked["id"], owner=julia.owner,
                    resposta={"texto": f"Zoraide, {NUMBER}"},
                    pedido={"verbo": "assumir", "conversa_id": self.conversa},
                )  # fmt: skip
                assert kept["status"] == "guardada"
        for decisao in ("bloqueado", "desbloqueado"):
            await julia.call(
                "change_doctor", op_id=str(uuid.uuid4()), medico_id=self.medico, decisao=decisao,
                motivo=f"Zoraide {WORD}", por="ana",
            )  # fmt: skip
        await julia.call(
            "set_copilot", op_id=str(uuid.uuid4()), alvo="conversa", id=self.conversa,
            modo="ligado", motivo=f"Zoraide {WORD}", por="ana",
        )  # fmt: skip

    async def _is_noted(self) -> None:
        await self.julia.sql(
            "insert into diretrizes (tipo, conteudo, medico_id) values ('vip', $1, $2)",
            f"Zoraide é {WORD}",
            uuid.UUID(self.medico),
        )
        await self.julia.sql(
            "insert into notificacoes_gestor (tipo, conversa_id, medico_id, dados)"
            " select 'lembrete_nao_enviado', id, medico_id, $2 from conversations where id = $1",
            uuid.UUID(self.conversa),
            json.dumps({"texto": f"Oi, Zoraide {WORD}"}),
        )

    async def _waits_for_approval(self) -> None:
        await self.receive("quero mais um")
        turn = await self.turn()
        memory = {"tipo": "restricao", "conteudo": f"Zoraide não vai a {WORD}"}
        done = await self.julia.commit(
            turn, f"Tenho este, Zoraide {WORD}", effects={"memorias": [memory]}
        )
        assert done["rascunho"]
        # Meant as a decision, and written where answers are written: a note repeats it.
        await person_writes(self.julia, f"editar: Oi, Zoraide {WORD}", conversation_id=CHAT)

    async def _is_in_the_midst(self) -> None:
        """The draft has lapsed, a file is being posted, another waits, and a turn thinks."""
        await self.julia.call(
            "set_copilot", op_id=str(uuid.uuid4()), alvo="conversa", id=self.conversa,
            modo="desligado", motivo="chega", por="ana",
        )  # fmt: skip
        await self.receive("esquece")
        await self.julia.answer(self.conversa, f"Blz, Zoraide {WORD}", f"Até, Zoraide {WORD}")
        file = {"tipo": "document", "mimetype": "text/plain", "nome": f"{CRM}.txt", "base64": FILE}
        await self.julia.sql(
            "update fila_mensagens set anexo = $2, traceparent = null"
            " where conversa_id = $1 and status = 'pendente' and kind = 'reply'",
            uuid.UUID(self.conversa),
            json.dumps(file),
        )
        self.open_claim = await self.courting.claim(self.conversa)
        assert self.open_claim["status"] == "enviar", self.open_claim
        self.said.append(self.open_claim["conteudo"])
        await self.receive("mais uma coisa")
        await self.receive("última")
