-- Everything that may be sent, each attempt to send it, and the matrix of gates that bind it.

create table public.regras_envio (
  kind text primary key,
  pausa boolean not null,
  controle text not null check (controle in ('ai', 'human', 'qualquer')),
  epoca boolean not null,
  opt_out text not null check (opt_out in ('sempre', 'salvo_resposta', 'nunca')),
  horario boolean not null,
  teto boolean not null,
  -- Whether an uncertain send of the conversation holds it up.
  espera_incerto boolean not null,
  postado boolean not null,
  prioridade smallint not null,
  -- What we write of our own accord: up to 60 % of the ceilings, never while a message of the
  -- contact is unanswered, and after whatever else the conversation has to send.
  proativo boolean not null,
  -- "Not this month" stops it always, or unless it was asked for afterwards, or never.
  mes text not null check (mes in ('sempre', 'salvo_pedido', 'nunca')),
  -- Apart by a random time from whatever else the number sends of our own accord.
  espaca boolean not null,
  -- At most so many of the kind by one number in an hour.
  max_hora_numero smallint check (max_hora_numero > 0),
  -- At most so many to one doctor in an hour and in seven days, of all the kinds that have such a
  -- limit together: to the doctor it is all the same.
  max_hora_medico smallint check (max_hora_medico > 0),
  max_semana_medico smallint check (max_semana_medico > 0)
);
comment on table public.regras_envio is
  'Which gates bind which kind of send. claim_next and the nightly proofs read this same matrix.';

insert into public.regras_envio values
  ('reply',               true,  'ai',       true,  'salvo_resposta', false, true,  true,  true,  10, false, 'nunca', false, null, null, null),
  ('optout_confirmation', true,  'qualquer', false, 'nunca',          false, true,  true,  true,  10, false, 'nunca', false, null, null, null),
  ('handoff_notice',      true,  'human',    true,  'salvo_resposta', false, true,  true,  true,  10, false, 'nunca', false, null, null, null),
  ('human_agent',         false, 'human',    false, 'salvo_resposta', false, true,  false, true,  10, false, 'nunca', false, null, null, null),
  ('canary',              true,  'ai',       true,  'nunca',          false, false, true,  false, 10, false, 'nunca', false, null, null, null),
  -- At the time that the doctor named, whatever the hour; held up, not at night (reminder_opens_at).
  ('lembrete',            true,  'ai',       false, 'sempre',         false, true,  true,  true,   7, true,  'salvo_pedido', false, null, 3, null),
  ('followup',            true,  'ai',       false, 'sempre',         true,  true,  true,  true,   5, true,  'sempre', true,  15, 3, 5),
  ('oferta',              true,  'ai',       false, 'sempre',         true,  true,  true,  true,   5, true,  'sempre', true,  null, 3, 5),
  ('campanha',            true,  'ai',       false, 'sempre',         true,  true,  true,  true,   3, true,  'sempre', true,  20, 3, 5);

insert into public.configuracoes values
  ('espacamento_segundos', '[45, 180]',
   'Intervalo sorteado entre dois envios espontâneos de um número: mínimo e máximo, em segundos'),
  ('digitacao_ms_por_caractere', '50',
   'Tempo de "digitando" por caractere de uma mensagem, em milissegundos; 0 desliga');
alter table public.configuracoes
  add constraint espacamento_tem_minimo_e_maximo check (chave <> 'espacamento_segundos' or
    valor @? 'strict $ ? (@.size() == 2 && @[0] >= 0 && @[1] >= @[0])'),
  add constraint digitacao_e_um_numero check (chave <> 'digitacao_ms_por_caractere' or
    valor @? 'strict $ ? (@.type() == "number" && @ >= 0)');

-- Whether this is a file that can be sent (what can't would fail at each claim), or was: its bytes are
-- not kept then.
create function private.is_attachment(p jsonb) returns boolean
language plpgsql immutable set search_path = ''
as $$
begin
  return p ->> 'tipo' in ('image', 'video', 'document', 'audio')
     and p ->> 'mimetype' <> '' and p ->> 'nome' <> ''
     and (not p ? 'base64' or length(decode(p ->> 'base64', 'base64')) > 0);
exception when invalid_parameter_value then
  return false;
end $$;

create table public.fila_mensagens (
  id uuid primary key default gen_random_uuid(),
  medico_id uuid not null references public.medicos,
  conversa_id uuid not null references public.conversations,
  instance text not null references public.whatsapp_instances,
  turno_id uuid references public.turnos,
  turn_seq bigint not null,
  part smallint not null check (part >= 1),
  kind text not null references public.regras_envio,
  tipo text not null,
  conteudo text not null,
  -- A file beside or instead of the text: {tipo: image|video|document|audio, mimetype, nome, base64}.
  anexo jsonb check (anexo is null or coalesce(private.is_attachment(anexo), false)),
  campanha_id uuid,
  prioridade smallint not null default 5 check (prioridade between 0 and 10),
  status text not null default 'pendente' check (status in (
    'pendente', 'processando', 'enviada', 'erro', 'cancelada', 'bloqueada', 'incerta', 'estacionada')),
  outcome text check (outcome in (
    'SENT', 'BYPASS', 'DEDUPED', 'JOINED', 'SUPERSEDED', 'EXPIRED', 'TURN_FAILED', 'PARKED',
    'BLOCKED_OPTED_OUT', 'BLOCKED_COOLING_OFF', 'BLOCKED_NEXT_ALLOWED', 'BLOCKED_CONTACT_CAP',
    'BLOCKED_CAMPAIGNS_DISABLED', 'BLOCKED_SAFE_MODE', 'BLOCKED_CAMPAIGN_COOLDOWN',
    'BLOCKED_QUIET_HOURS', 'BLOCKED_DEV_ALLOWLIST', 'BLOCKED_HUMAN_CONTROL', 'BLOCKED_AI_CONTROL',
    'BLOCKED_STALE', 'FAILED_PROVIDER', 'FAILED_VALIDATION', 'FAILED_BANNED', 'FAILED_RATE_LIMIT',
    'FAILED_CIRCUIT_OPEN', 'FAILED_NO_CAPACITY')),
  control_epoch bigint not null,
  agendar_para timestamptz,
  expira_em timestamptz,
  reservado boolean not null default false,
  claim_id uuid,
  processando_desde timestamptz,
  tentativas smallint not null default 0,
  max_tentativas smallint not null default 3,
  reenvios smallint not null default 0,
  -- Why it waits, and when to try and to ring again.
  espera text,
  next_try_at timestamptz,
  next_ring_at timestamptz,
  ring_count smallint not null default 0,
  -- Until when the doctor is shown that we are typing it, before it goes.
  digitando_ate timestamptz,
  -- A pause or a ceiling has held it up on purpose.
  retida boolean not null default false,
  -- A person has decided that it goes, whoever has the conversation: see api.decidir_envio.
  liberada boolean not null default false,
  erro text,
  provider_message_id text,
  ack_status text check (ack_status in
    ('ERROR', 'PENDING', 'SERVER_ACK', 'DELIVERY_ACK', 'READ', 'PLAYED')),
  ack_at timestamptz,
  enviada_em timestamptz,
  metadata jsonb not null default '{}',
  -- The span that wrote it: its send belongs to that trace.
  traceparent text default private.traceparent(),
  created_at timestamptz not null default api.agora(),
  unique (conversa_id, turn_seq, part),
  check ((status in ('processando', 'incerta')) <= (claim_id is not null)),
  check (conteudo <> '' or anexo is not null),
  check (status = 'enviada' or anexo is null or anexo ? 'base64')
);
-- One send at a time in a conversation; a person's message is not held up by Julia's.
create unique index fila_one_open_send on public.fila_mensagens (conversa_id)
  where status in ('processando', 'incerta') and kind <> 'human_agent';
create unique index fila_provider_id on public.fila_mensagens (instance, provider_message_id)
  where provider_message_id is not null;
create index fila_a_caminho on public.fila_mensagens (conversa_id, turn_seq, part)
  where status in ('pendente', 'processando', 'incerta');
create index fila_ring on public.fila_mensagens (next_ring_at) where status = 'pendente';
create index fila_expira on public.fila_mensagens (expira_em)
  where status = 'pendente' and expira_em is not null;
create index fila_reservado on public.fila_mensagens (instance)
  where status = 'pendente' and reservado;
create index fila_abertas on public.fila_mensagens (status)
  where status in ('processando', 'incerta', 'estacionada');
-- What nobody waits for, of one number: the more urgent goes first.
create index fila_precedencia on public.fila_mensagens (instance, prioridade)
  where status = 'pendente' and prioridade < 10;
create index fila_medico_idx on public.fila_mensagens (medico_id);
create index fila_turno_idx on public.fila_mensagens (turno_id) where turno_id is not null;

alter table public.interacoes
  add constraint interacoes_fila_fk foreign key (fila_id) references public.fila_mensagens;

-- One row for each attempt. Ceilings are counted from here: counting rows is exact.
create table public.envios (
  claim_id uuid primary key,
  fila_id uuid not null references public.fila_mensagens,
  conversa_id uuid not null references public.conversations,
  medico_id uuid not null references public.medicos,
  kind text not null references public.regras_envio,
  instance text not null,
  owner uuid,
  tentativa smallint not null,
  text_hash text not null,
  status text not null default 'aberto'
    check (status in ('aberto', 'enviado', 'nao_enviado', 'liberado', 'incerto', 'nao_confirmado')),
  conta boolean not null,
  claimed_at timestamptz not null,
  deadline_at timestamptz not null,
  start_delay_ms integer,
  late_start boolean not null default false,
  -- What pauses were compared with at the claim (`private.target_of`); null of what was not claimed.
  alvo jsonb,
  http_status smallint,
  motivo text,
  provider_message_id text,
  evidence text,
  checks smallint not null default 0,
  negativas smallint not null default 0,
  negativa_em timestamptz,
  next_check_at timestamptz,
  resolved_at timestamptz
);
create index envios_teto on public.envios (instance, claimed_at) where conta;
create index envios_abertos on public.envios (deadline_at) where status = 'aberto';
create index envios_incertos on public.envios (next_check_at) where status = 'incerto';
create index envios_sem_id on public.envios (instance, text_hash)
  where provider_message_id is null and status in ('aberto', 'incerto', 'nao_confirmado', 'nao_enviado');
create index envios_fila_idx on public.envios (fila_id);
create index envios_conversa_idx on public.envios (conversa_id);
-- What was uncertain once, by when it was settled.
create index envios_resolvidos on public.envios (resolved_at) where next_check_at is not null;
create index envios_tipo on public.envios (instance, kind, claimed_at) where conta;
create index envios_medico on public.envios (medico_id, claimed_at) where conta;

-- The ids by which WhatsApp knows what we sent.
create table public.sent_ids (
  instance text not null,
  key_id text not null,
  claim_id uuid not null references public.envios,
  fila_id uuid not null references public.fila_mensagens,
  evidence text not null,
  bound_at timestamptz not null default api.agora(),
  primary key (instance, key_id)
);
create index sent_ids_recent on public.sent_ids (instance, bound_at desc);
create index sent_ids_claim_idx on public.sent_ids (claim_id);
create index sent_ids_fila_idx on public.sent_ids (fila_id);

-- A person deleted a counter, as the runbook says: counting starts anew from here.
create table public.tetos_reinicios (
  op_id uuid primary key,
  janela text not null check (janela in ('hora', 'dia')),
  por text not null,
  created_at timestamptz not null default api.agora()
);
create index tetos_reinicios_recent on public.tetos_reinicios (janela, created_at desc);

-- Days on which nothing goes of our own accord. Managers may add theirs; those of the library are
-- kept up by the scheduler.
create table public.feriados (
  dia date primary key,
  nome text not null check (nome <> ''),
  origem text not null default 'pessoa' check (origem in ('biblioteca', 'pessoa'))
);

-- What people decided on parked sends.
create table public.decisoes_envio (
  fila_id uuid not null references public.fila_mensagens,
  decisao text not null check (decisao in ('liberar', 'descartar')),
  por text not null,
  created_at timestamptz not null,
  primary key (fila_id, created_at)
);

-- Fixed texts that doctors receive; managers may change the wording here.
create table public.mensagens_padrao (
  -- A kind of send, or `lembrete_neutro`: what a reminder says when its own words may be wrong.
  chave text primary key check (chave ~ '^[a-z_]+$'),
  conteudo text not null check (conteudo <> '')
);
insert into public.mensagens_padrao values
  ('optout_confirmation',
   'Combinado, não te mando mais mensagens. Se um dia quiser voltar a receber plantões, é só me chamar por aqui.'),
  ('handoff_notice',
   'Vou passar sua conversa para uma pessoa da nossa equipe, que continua com você por aqui, tá?'),
  ('lembrete_neutro', 'Oi! Vc pediu pra eu te chamar agora. Como posso ajudar?');

create table public.execucoes (
  job text not null,
  scheduled_at timestamptz not null,
  owner uuid not null,
  lease_until timestamptz not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  ok boolean,
  detalhes jsonb not null default '{}',
  primary key (job, scheduled_at)
);
create index execucoes_finished on public.execucoes (finished_at);
