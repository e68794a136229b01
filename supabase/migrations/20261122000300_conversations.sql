-- Conversations, what was said in them, the turns that answer, and hand-offs to people.

create table public.conversations (
  id uuid primary key default gen_random_uuid(),
  medico_id uuid not null references public.medicos,
  instance text not null references public.whatsapp_instances,
  status text not null default 'active'
    check (status in ('active', 'paused', 'escalated', 'completed', 'abandoned')),
  controlled_by text not null default 'ai' check (controlled_by in ('ai', 'human')),
  controlled_by_user_id text,
  escalation_reason text,
  message_count integer not null default 0,
  last_message_at timestamptz,
  -- Where people read along and answer; null until the mirror has made it.
  chatwoot_contact_id bigint,
  chatwoot_conversation_id bigint,
  -- How far our courting has got; any answer of the doctor's makes it `respondeu`.
  stage text not null default 'novo' check (stage in (
    'novo', 'msg_enviada', 'followup_1_enviado', 'followup_2_enviado', 'nao_respondeu', 'respondeu',
    'reservou', 'recontato')),
  stage_at timestamptz,
  -- What was said up to message `resumo_ate`, so that a turn's cost does not grow with its history.
  resumo text,
  resumo_ate bigint,

  -- Refuses a commit hard: takeover, opt-out, erasure and closing bump it.
  control_epoch bigint not null default 0,
  -- Refuses a commit softly: each message or edit that a draft has not seen bumps it.
  inbox_seq bigint not null default 0,
  -- Order of everything that is sent in this conversation.
  turn_seq bigint not null default 0,

  due_at timestamptz,
  quiet_at timestamptz,
  first_pending_at timestamptz,
  lease_token uuid,
  lease_owner uuid,
  lease_until timestamptz,
  lease_turno_id uuid,
  -- Processes whose lease on the present turn ended without a word: [{owner, until}].
  lease_suspects jsonb not null default '[]',

  created_at timestamptz not null default api.agora(),
  closed_at timestamptz,
  check ((lease_token is null) = (lease_until is null)),
  check ((resumo is null) = (resumo_ate is null))
);
create unique index conversations_one_open on public.conversations (medico_id, instance)
  where status in ('active', 'paused', 'escalated');
create index conversations_due on public.conversations (due_at)
  where due_at is not null and controlled_by = 'ai'
    and status in ('active', 'paused', 'escalated');
create index conversations_medico_idx on public.conversations (medico_id);
create index conversations_instance_idx on public.conversations (instance);
create unique index conversations_chatwoot on public.conversations (chatwoot_conversation_id)
  where chatwoot_conversation_id is not null;

-- What was answered, and everything that Claude cost: also of turns that wait for a person's word
-- (`rascunho`), that were given up (`descartado`), of summaries (`resumo`) and of drafts that nobody
-- sends (`sombra`), which have no place in the order of what is sent. The sum of `custo_usd` over a conversation is its cost.
create table public.turnos (
  id uuid primary key,
  conversa_id uuid not null references public.conversations,
  turn_seq bigint,
  outcome text not null check (outcome in
    ('resposta', 'transferir', 'sem_resposta', 'rascunho', 'descartado', 'resumo', 'sombra')),
  control_epoch bigint not null,
  inbox_seq bigint not null,
  tentativa integer not null,
  prompt_id text,
  -- Why this model was asked; for what was not committed, why it was not.
  rota text,
  chamadas integer,
  model text,
  input_tokens integer,
  output_tokens integer,
  cache_read_tokens integer,
  cache_write_tokens integer,
  -- Exact: a cached token costs a tenth of a millionth.
  custo_usd numeric(14, 8),
  llm_ms integer,
  answer jsonb not null,
  committed_at timestamptz not null,
  unique (conversa_id, turn_seq),
  check ((turn_seq is null) = (outcome in ('rascunho', 'descartado', 'resumo', 'sombra')))
);

-- What was spent on a day of São Paulo, which each turn asks. In sixteen rows, so that commits do not
-- queue for one; written when everything else is, so that who holds one waits for nothing.
create table public.custos_dia (
  dia date,
  fatia smallint,
  usd numeric(16, 8) not null,
  primary key (dia, fatia)
);

create function private.turnos_after_insert() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.custos_dia as d (dia, fatia, usd)
  values ((new.committed_at at time zone 'America/Sao_Paulo')::date,
          abs(hashtext(new.conversa_id::text) % 16), new.custo_usd)
  on conflict (dia, fatia) do update set usd = d.usd + excluded.usd;
  return null;
end $$;

create constraint trigger turnos_after_insert after insert on public.turnos
deferrable initially deferred
for each row when (new.custo_usd > 0) execute function private.turnos_after_insert();

create table public.interacoes (
  id bigint generated always as identity primary key,
  medico_id uuid not null references public.medicos,
  conversa_id uuid not null references public.conversations,
  instance text not null,
  tipo text not null check (tipo in ('entrada', 'saida')),
  canal text not null default 'whatsapp',
  autor_tipo text not null check (autor_tipo in ('medico', 'julia', 'gestor')),
  tipo_conteudo text not null,
  conteudo text not null default '',
  -- What an attachment says or shows, once it has been read.
  leitura text,
  anexos jsonb not null default '{}',
  quoted jsonb,
  key_id text,
  provider_at timestamptz not null,
  received_at timestamptz not null,
  -- When its webhook was accepted, by our clock; null: no webhook brought it, or it is not known.
  webhook_em timestamptz,
  -- Set on what Julia is to answer; the drafts that have read this far have read the message.
  inbox_seq bigint,
  -- What becomes of a doctor's message: pendente -> respondida | humano | apagada; or at once
  -- historico (too old), sem_resposta (a reaction) or optout (sent before an opt-out). In co-pilot
  -- mode pendente -> rascunho while its answer waits for a person's word, and back when that lapses.
  situacao text not null check (situacao in
    ('pendente', 'rascunho', 'respondida', 'humano', 'apagada', 'historico', 'sem_resposta', 'optout', 'enviada')),
  -- It speaks of lawyers, courts or authorities.
  juridico boolean not null default false,
  turno_id uuid references public.turnos,
  fila_id uuid unique,
  origem text not null default 'webhook',
  editada_em timestamptz,
  apagada_em timestamptz,
  -- The span that stored it: its turn belongs to that trace.
  traceparent text default private.traceparent()
);
create index interacoes_pendentes on public.interacoes (conversa_id, inbox_seq)
  where situacao = 'pendente';
create index interacoes_conversa_idx on public.interacoes (conversa_id, provider_at desc, id desc);
create index interacoes_medico_idx on public.interacoes (medico_id);
create index interacoes_turno_idx on public.interacoes (turno_id) where turno_id is not null;

-- One row for each provider message id, for ever: a redelivery finds it whatever retention removed.
create table public.inbox_keys (
  instance text not null,
  key_id text not null,
  interacao_id bigint,
  conversa_id uuid not null,
  created_at timestamptz not null default api.agora(),
  primary key (instance, key_id)
);

create function private.handoff_triggers() returns text[]
language sql immutable set search_path = ''
as $$ select array[
  'pedido_humano', 'juridico', 'sentimento_negativo', 'baixa_confianca', 'manual',
  'indisponibilidade', 'falha_repetida', 'resposta_vencida', 'envio_incerto', 'falha_envio',
  'contato_unificado'] $$;

create table public.handoffs (
  id uuid primary key default gen_random_uuid(),
  conversa_id uuid not null references public.conversations,
  medico_id uuid not null references public.medicos,
  trigger_type text not null check (trigger_type = any (private.handoff_triggers())),
  motivo text not null,
  status text not null default 'pendente' check (status in ('pendente', 'resolvido')),
  control_epoch bigint not null,
  metadata jsonb not null default '{}',
  notas text,
  created_at timestamptz not null default api.agora(),
  resolvido_em timestamptz,
  resolvido_por text,
  -- How long people had the conversation.
  duracao interval generated always as (resolvido_em - created_at) stored
);
create unique index handoffs_one_pending on public.handoffs (conversa_id) where status = 'pendente';
create index handoffs_conversa_idx on public.handoffs (conversa_id);
create index handoffs_medico_idx on public.handoffs (medico_id);

-- Processes that poll for turns. A lease that ended says "crash" only if its owner never came back:
-- otherwise three outages of the database would look like a poisoned message.
create table public.processos (
  owner uuid primary key,
  last_seen timestamptz not null
);
