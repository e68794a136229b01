"""Each column that can hold words is declared: a person's, and then erased, or not."""

import pytest
from tests.integration.sql.a_life import Life
from tests.integration.sql.conftest import Julia
from tests.integration.sql.test_erasure import erase

pytestmark = pytest.mark.integration

_CATALOGUE = """
select n.nspname || '.' || c.relname as tabela, a.attname as coluna
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
 where c.relkind in ('r', 'p', 'm') and n.nspname in ('public', 'private')
   -- Any type but numbers, times, truths and ids: words, documents, bytes, and whatever comes.
   and format_type(a.atttypid, null) <> all (array['uuid', 'bigint', 'integer', 'smallint',
     'boolean', 'numeric', 'real', 'double precision', 'date', 'time without time zone', 'interval',
     'timestamp with time zone', 'tstzrange', 'uuid[]', 'bigint[]', 'character'])
"""

PERSONAL = """
public.chatwoot_efeitos: dados desistiu
public.contact_identities: jid
public.conversations: escalation_reason resumo
public.decisoes_copiloto: motivo
public.decisoes_medicos: motivo
public.diretrizes: conteudo
public.doctor_context: content busca plano
public.documentos: cifrado sha256
public.envios: text_hash motivo
public.fatos_conversa: dados
public.fila_mensagens: conteudo anexo erro metadata
public.handoffs: motivo metadata notas
public.interacoes: conteudo leitura anexos quoted
public.medicos: primeiro_nome sobrenome nome_whatsapp telefone telefone_origem crm cidade
public.metricas_deteccao_bot: trecho
public.notificacoes_gestor: dados erro
public.rascunhos_copiloto: partes efeitos partes_finais motivo
public.rascunhos_sombra: texto falha
public.recusas_vagas: motivo
public.reservas: motivo
public.slack_comandos: texto botao resposta_url pedido resposta erro
"""
"""A doctor's, or said of her."""

NOT_PERSONAL = """
private.supressao_chave: chave
private.supressoes: hash
public.aberturas: conteudo
public.acks_adiantados: instance key_id status
public.backups: tipo
public.campanha_destinatarios: status motivo abertura
public.campanhas: nome tipo corpo aberturas publico status alterada_por historico
public.chatwoot_efeitos: tipo traceparent
public.chatwoot_entregas: entrega
public.chatwoot_filas: erro
public.configuracoes: chave valor descricao
public.contact_identities: instance kind
public.conversations: instance status controlled_by controlled_by_user_id stage lease_suspects
public.decisoes_copiloto: alvo modo por
public.decisoes_envio: decisao por
public.decisoes_medicos: decisao por
public.decisoes_numeros: instance acao dados por
public.decisoes_plantoes: decisao por
public.diretrizes: tipo origem criada_por encerrada_por
public.doctor_context: source tipo
public.documentos: tipo mime
public.eliminacoes: protocolo por linhas
public.envios: kind instance status alvo provider_message_id evidence
public.especialidades: nome
public.especialidades_alias: alias
public.execucoes: job detalhes
public.fatos_conversa: tipo chave
public.feriados: nome origem
public.fila_mensagens: instance kind tipo status outcome espera provider_message_id ack_status
public.fila_mensagens: traceparent
public.formas_recebimento: nome
public.gestores: slack_id nome
public.handoffs: trigger_type status resolvido_por
public.hospitais: nome endereco_formatado cidade
public.hospitais_alias: alias
public.inbox_keys: instance key_id
public.interacoes: instance tipo canal autor_tipo tipo_conteudo key_id situacao origem traceparent
public.julia_status: status motivo alterado_via alterado_por detalhes escopo
public.lista_espera: status
public.medicos: stage_jornada opted_out_reason instance telefone_base_legal
public.mensagens_padrao: chave conteudo
public.metricas_deteccao_bot: padrao_detectado revisado_por
public.notificacoes_gestor: tipo
public.paradas_contato: tipo
public.pausas: escopo
public.periodos: nome
public.prompt_atribuicoes: prompt_id
public.prompts: id nome versao tipo conteudo modelo
public.provas: resultado
public.rascunhos_copiloto: modo status por
public.rascunhos_sombra: prompt_id ferramentas
public.recursos_status: namespace nome decisao escopo
public.regras_envio: kind controle opt_out mes
public.reports: tipo metricas destaques recomendacoes
public.reservas: status
public.sent_ids: instance key_id evidence
public.setores: nome
public.slack_comandos: chave tipo usuario decisao traceparent
public.tetos_reinicios: janela por
public.tipos_vaga: nome
public.turnos: outcome prompt_id rota model answer
public.vagas: valor_tipo status origem fechada_por realizada_por cancelada_por
public.whatsapp_instances: instance state saude saude_motivo saude_por
"""
"""Words of a closed set, ids, what managers wrote for everybody, who of them did what, and sums."""

NEVER_FILLED = {
    # Their rows go with the others; the life holds no such refusal, error or change, and ends with
    # a conversation that Júlia has.
    "public.conversations.escalation_reason",
    "public.chatwoot_efeitos.desistiu", "public.notificacoes_gestor.erro",
    "public.rascunhos_copiloto.partes_finais", "public.rascunhos_sombra.falha",
    "public.slack_comandos.botao", "public.slack_comandos.erro", "public.reservas.motivo",
}  # fmt: skip

SAID_NOW = {"[eliminado]", "", "{}", "[]"}


def columns(declared: str) -> list[str]:
    return [
        f"{table}.{column}"
        for table, _, names in (line.partition(": ") for line in declared.strip().splitlines())
        for column in names.split()
    ]


async def test_each_column_of_words_is_declared(julia: Julia) -> None:
    there = [f"{row['tabela']}.{row['coluna']}" for row in await julia.sql(_CATALOGUE)]

    assert sorted([*columns(PERSONAL), *columns(NOT_PERSONAL)]) == sorted(there)


UNGUARDED = {
    # Written by people who name her themselves: searched at the erasure; requests are masked.
    "public.slack_comandos",
    # A manager books by SQL, and gives no reason.
    "public.reservas",
}


async def test_each_personal_table_refuses_what_comes_after_an_erasure(julia: Julia) -> None:
    guarded = await julia.sql(
        "select distinct tgrelid::regclass::text as t from pg_trigger"
        " where tgname in ('a_erased', 'a_erased_later', 'z_erased')"
    )

    tables = {column.rpartition(".")[0] for column in columns(PERSONAL)}
    assert tables - {f"public.{row['t']}" for row in guarded} == UNGUARDED


async def values(julia: Julia, column: str) -> set[str]:
    """What stands in it, of whomever."""
    table, _, name = column.rpartition(".")
    rows = await julia.sql(
        f"select distinct {name}::text as v from {table} where {name} is not null"  # noqa: S608 - declared above
    )
    return {row["v"] for row in rows} - SAID_NOW


async def test_each_personal_column_is_empty_after_an_erasure(julia: Julia) -> None:
    life = Life(julia)
    await life.live()
    empty = {column for column in columns(PERSONAL) if not await values(julia, column)}
    assert empty == NEVER_FILLED

    await erase(julia, cancelar_reservas=True)
    await julia.record(life.open_claim)

    left = {column: await values(julia, column) for column in columns(PERSONAL)}
    # Managers are told which shifts are open again.
    (notice,) = left.pop("public.notificacoes_gestor.dados")
    assert "LGPD-17" in notice
    # An id of Chatwoot's, which its contact is deleted by.
    assert left.pop("public.chatwoot_efeitos.dados") == {'{"contact_id": 7}'}
    assert {column: found for column, found in left.items() if found} == {}
