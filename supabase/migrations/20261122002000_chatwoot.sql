-- People read along and answer in Chatwoot. What must appear there is written down in the transaction
-- that causes it and carried out later, in order, until it is done; what people do there comes back
-- through `person_wrote` and `person_returned`.

-- What is to be done in Chatwoot. `mensagem`: show what was said; `assumida`, `devolvida`: a person has
-- the conversation, or Julia has it again; `nota`: a private note; `rascunho`: a draft that waits for
-- a person's word; `decisao`: what became of one, or of a word about it.
create table public.chatwoot_efeitos (
  id bigint generated always as identity primary key,
  conversa_id uuid not null references public.conversations,
  tipo text not null check (tipo in ('mensagem', 'assumida', 'devolvida', 'nota', 'rascunho', 'decisao')),
  -- No foreign keys: what retention took away is not shown any more.
  interacao_id bigint unique,
  handoff_id uuid,
  turno_id uuid,
  dados jsonb not null default '{}',
  created_at timestamptz not null default api.agora(),
  tentativas integer not null default 0,
  feito_em timestamptz,
  -- Chatwoot refused it for good; it holds nothing up.
  desistiu text,
  -- The span that caused it: what is done there belongs to that trace.
  traceparent text default private.traceparent()
);
create index chatwoot_efeitos_pendentes on public.chatwoot_efeitos (conversa_id, id)
  where feito_em is null;
create index chatwoot_efeitos_handoff on public.chatwoot_efeitos (handoff_id)
  where handoff_id is not null;
create index chatwoot_efeitos_turno on public.chatwoot_efeitos (turno_id) where turno_id is not null;
create index chatwoot_efeitos_quando on public.chatwoot_efeitos using brin (created_at);

-- Who carries out the effects of a conversation, and until when nobody else does.
create table public.chatwoot_filas (
  conversa_id uuid primary key references public.conversations,
  emprestada_a uuid,
  livre_em timestamptz not null,
  erro text
);

-- What Chatwoot delivered, once each: a message may come by two webhooks, under two ids of delivery.
create table public.chatwoot_entregas (
  entrega text primary key,
  mensagem_id bigint unique,
  conversa_id uuid not null references public.conversations,
  created_at timestamptz not null default api.agora()
);
create index chatwoot_entregas_conversa on public.chatwoot_entregas (conversa_id);

alter table public.chatwoot_efeitos enable row level security;
alter table public.chatwoot_filas enable row level security;
alter table public.chatwoot_entregas enable row level security;
revoke all on public.chatwoot_efeitos, public.chatwoot_filas, public.chatwoot_entregas
  from anon, authenticated, service_role;
revoke all on all sequences in schema public from anon, authenticated, service_role;

-- Whatever is said is shown, but not what came from Chatwoot, nor the canary. Who writes holds the
-- conversation, so the ids of a conversation's effects have the order of their commits.
create function private.interacoes_to_chatwoot() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if (select canario from public.medicos where id = new.medico_id)
     or exists (select from public.fila_mensagens
                 where id = new.fila_id and metadata ? 'chatwoot_mensagem_id') then
    return null;
  end if;
  insert into public.chatwoot_efeitos (conversa_id, tipo, interacao_id)
  values (new.conversa_id, 'mensagem', new.id);
  return null;
end $$;

create trigger interacoes_to_chatwoot after insert on public.interacoes
for each row execute function private.interacoes_to_chatwoot();

-- A hand-off, or its end, is told in Chatwoot and to managers.
create function private.tell_of_handoff(p_tipo text, c public.conversations, h public.handoffs)
returns void
language plpgsql set search_path = ''
as $$
declare
  v_aviso text := 'conversa_' || p_tipo;
begin
  insert into public.chatwoot_efeitos (conversa_id, tipo, handoff_id) values (c.id, p_tipo, h.id);
  perform private.notify_managers(v_aviso, c, h.id, jsonb_build_object(
    'trigger_type', h.trigger_type, 'motivo', h.motivo,
    'por', case p_tipo when 'assumida' then h.metadata ->> 'por' else h.resolvido_por end,
    'duracao_s', round(extract(epoch from h.duracao))));
end $$;

-- The person who wrote must hear that it will not reach the doctor.
create function private.fila_person_failed() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into public.chatwoot_efeitos (conversa_id, tipo, dados)
  values (new.conversa_id, 'nota', jsonb_build_object(
    'assunto', 'nao_enviada', 'outcome', new.outcome, 'texto', left(new.conteudo, 200)));
  return null;
end $$;

create trigger fila_person_failed after update of status on public.fila_mensagens
for each row when (new.kind = 'human_agent' and old.status <> new.status
                   and new.status in ('cancelada', 'erro', 'bloqueada', 'estacionada'))
execute function private.fila_person_failed();

-- What the effect needs to be told of; null when there is nothing left to show.
create function private.chatwoot_effect_json(e public.chatwoot_efeitos, c public.conversations)
returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  i public.interacoes;
  h public.handoffs;
begin
  if e.tipo = 'mensagem' then
    select * into i from public.interacoes where id = e.interacao_id;
  else
    select * into h from public.handoffs where id = e.handoff_id;
  end if;
  return jsonb_build_object(
    'id', e.id, 'tipo', e.tipo, 'tentativa', e.tentativas, 'em', e.created_at, 'dados', e.dados,
    'traceparent', e.traceparent,
    -- An older hand-off or return must not undo what has been decided since.
    'vale', case e.tipo
      when 'rascunho' then private.waiting_draft(c.id) is not distinct from e.turno_id
      when 'decisao' then private.waiting_draft(c.id) is null
      else e.tipo not in ('assumida', 'devolvida') or not exists (
        select from public.chatwoot_efeitos o
         where o.conversa_id = e.conversa_id and o.tipo in ('assumida', 'devolvida')
           and o.id > e.id) end,
    'rascunho', private.draft_json(e.turno_id),
    'mensagem', case when i.id is not null then jsonb_build_object(
      'autor', i.autor_tipo, 'tipo_conteudo', i.tipo_conteudo, 'conteudo', i.conteudo,
      'leitura', i.leitura, 'apagada', i.apagada_em is not null, 'em', i.provider_at) end,
    'handoff', case when h.id is not null then jsonb_build_object(
      'trigger_type', h.trigger_type, 'motivo', h.motivo, 'por', h.metadata ->> 'por',
      'resolvido_por', h.resolvido_por, 'duracao_s', round(extract(epoch from h.duracao)),
      'resumo', c.resumo,
      'ultima_mensagem', (select left(conteudo, 200) from public.interacoes
                           where conversa_id = c.id and tipo = 'entrada' and conteudo <> ''
                           order by provider_at desc, id desc limit 1),
      'mensagens_em_espera', h.metadata -> 'mensagens_em_espera',
      'lembretes', coalesce(h.metadata -> 'lembretes', '[]'),
      'reservas_nao_avisadas', coalesce(h.metadata -> 'reservas_nao_avisadas', '[]')) end);
end $$;

-- The hand-off that a person has now, if Chatwoot had shown it before a time: label, note and status.
create function private.shown_handoff(p_conversa uuid, p_before timestamptz) returns uuid
language sql stable set search_path = ''
as $$
  select h.id
    from public.handoffs h
    join public.chatwoot_efeitos e on e.handoff_id = h.id and e.tipo = 'assumida'
   where h.conversa_id = p_conversa and h.status = 'pendente'
     and e.feito_em < p_before and e.desistiu is null
$$;

-- Conversations of which something is to be done now, the longest waiting first, lent to the caller
-- with their first effects in order.
create function api.due_chatwoot(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_owner uuid := private.need_uuid(p, 'owner');
  v_limit bigint := private.need_int(p, 'limit');
  v_lease interval := make_interval(secs => private.need_int(p, 'lease_s'));
  v_now timestamptz := api.agora();
  v_lent uuid[];
  v_rows jsonb;
begin
  with waiting as (
    select e.conversa_id
      from public.chatwoot_efeitos e
      left join public.chatwoot_filas f on f.conversa_id = e.conversa_id
     where e.feito_em is null and coalesce(f.livre_em <= v_now, true)
     group by e.conversa_id order by min(e.id) limit v_limit
  ), lent as (
    insert into public.chatwoot_filas as f (conversa_id, emprestada_a, livre_em)
    select conversa_id, v_owner, v_now + v_lease from waiting order by conversa_id
    on conflict (conversa_id) do update
      set emprestada_a = excluded.emprestada_a, livre_em = excluded.livre_em
      where f.livre_em <= v_now
    returning conversa_id
  )
  select coalesce(array_agg(conversa_id), '{}') into v_lent from lent;
  update public.chatwoot_efeitos e set tentativas = tentativas + 1
   where e.id in (
     select first.id from unnest(v_lent) as l (conversa_id) cross join lateral (
       select id from public.chatwoot_efeitos
        where conversa_id = l.conversa_id and feito_em is null order by id limit 20) first);
  select coalesce(jsonb_agg(jsonb_build_object(
      'conversa_id', c.id, 'instance', c.instance, 'controlled_by', c.controlled_by,
      'contact_id', c.chatwoot_contact_id, 'conversation_id', c.chatwoot_conversation_id,
      'handoff_id', private.shown_handoff(c.id, v_now),
      'medico', jsonb_build_object(
        'id', m.id, 'telefone', m.telefone,
        'nome', coalesce(nullif(concat_ws(' ', m.primeiro_nome, m.sobrenome), ''), m.nome_whatsapp)),
      'efeitos', x.efeitos) order by x.first), '[]')
    into v_rows
    from public.conversations c
    join public.medicos m on m.id = c.medico_id
    cross join lateral (
      select jsonb_agg(private.chatwoot_effect_json(e, c) order by e.id) as efeitos,
             min(e.id) as first
        from (select * from public.chatwoot_efeitos
               where conversa_id = c.id and feito_em is null order by id limit 20) e) x
   where c.id = any (v_lent) and x.efeitos is not null;
  return jsonb_build_object('conversas', v_rows) || (
    select jsonb_build_object('esperando', count(*),
             'mais_antigo_s', extract(epoch from v_now - min(created_at)))
      from public.chatwoot_efeitos where feito_em is null);
end $$;

-- The contact and the conversation in Chatwoot are known now. Another that had the same id had it of a
-- Chatwoot that was replaced: what a person writes must not reach that doctor.
create function api.chatwoot_linked(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_contact bigint := private.need_int(p, 'contact_id');
  v_conversation bigint := private.need_int(p, 'conversation_id');
  v_conversa uuid := private.need_uuid(p, 'conversa_id');
begin
  perform 1 from public.conversations
    where id = v_conversa or chatwoot_conversation_id = v_conversation
    order by id for no key update;
  update public.conversations set chatwoot_conversation_id = null
   where chatwoot_conversation_id = v_conversation and id <> v_conversa;
  update public.conversations
     set chatwoot_contact_id = v_contact, chatwoot_conversation_id = v_conversation
   where id = v_conversa;
  return jsonb_build_object('status', 'ok');
end $$;

-- One effect is done, whoever did it. `perdida`: the caller took too long, another has the rest.
create function api.chatwoot_done(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_id bigint := private.need_int(p, 'efeito_id');
  v_owner uuid := private.need_uuid(p, 'owner');
  v_lease interval := make_interval(secs => private.need_int(p, 'lease_s'));
  v_conversa uuid;
begin
  update public.chatwoot_efeitos
     set feito_em = coalesce(feito_em, api.agora()), desistiu = left(p ->> 'desistiu', 300)
   where id = v_id returning conversa_id into v_conversa;
  update public.chatwoot_filas set livre_em = api.agora() + v_lease
   where conversa_id = v_conversa and emprestada_a = v_owner and livre_em > api.agora();
  return jsonb_build_object('status', case when found then 'ok' else 'perdida' end);
end $$;

-- The conversation is given back: at once when nothing went wrong, in `retry_in_s` otherwise.
create function api.chatwoot_released(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_conversa uuid := private.need_uuid(p, 'conversa_id');
  v_owner uuid := private.need_uuid(p, 'owner');
  v_retry interval := make_interval(secs => private.need_text(p, 'retry_in_s')::double precision);
begin
  update public.chatwoot_filas
     set emprestada_a = null, livre_em = api.agora() + v_retry, erro = left(p ->> 'erro', 300)
   where conversa_id = v_conversa and emprestada_a = v_owner;
  return jsonb_build_object('status', case when found then 'ok' else 'perdida' end);
end $$;

-- Which conversation Chatwoot speaks of, locked: the open one of that doctor and number if it has been
-- closed since. Its id there is known, or comes with what we wrote into it when we made it.
create function private.lock_chatwoot_conversation(p jsonb) returns public.conversations
language plpgsql set search_path = ''
as $$
declare
  v_conversation bigint := private.need_int(p, 'conversation_id');
  v_conversa uuid := case when p ->> 'conversa_id' is not null then private.need_uuid(p, 'conversa_id') end;
  c public.conversations;
  v_open uuid;
begin
  select * into c from public.conversations where chatwoot_conversation_id = v_conversation;
  if not found then
    select * into c from public.conversations
     where id = v_conversa and chatwoot_conversation_id is null;
    if not found then
      return null;
    end if;
  end if;
  if c.status in ('completed', 'abandoned') then
    select id into v_open from public.conversations
     where medico_id = c.medico_id and instance = c.instance
       and status in ('active', 'paused', 'escalated');
  end if;
  return private.lock_conversation(coalesce(v_open, c.id));
end $$;

-- A delivery is taken once; false: it has been.
create function private.take_delivery(p jsonb, p_conversa uuid, p_mensagem bigint) returns boolean
language plpgsql set search_path = ''
as $$
begin
  insert into public.chatwoot_entregas (entrega, mensagem_id, conversa_id)
  values (private.need_text(p, 'entrega'), p_mensagem, p_conversa) on conflict do nothing;
  return found;
end $$;

-- A person answered in Chatwoot: the conversation is hers from here on, and her words go to the doctor.
-- What she wrote before she gave it back, and is delivered after that, only goes.
create function api.person_wrote(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_mensagem bigint := private.need_int(p, 'mensagem_id');
  v_texto text := btrim(coalesce(p ->> 'conteudo', ''), E' \n\r\t');
  v_files bigint := private.need_int(p, 'anexos');
  v_por text := private.need_text(p, 'por');
  v_em timestamptz := case when p ->> 'em' is not null then private.need_time(p, 'em') end;
  c public.conversations;
  v_seized boolean := false;
  v_given_back boolean;
begin
  c := private.lock_chatwoot_conversation(p);
  if c.id is null then
    return jsonb_build_object('status', 'desconhecida', 'doorbell', false);
  end if;
  if not private.take_delivery(p, c.id, v_mensagem) then
    return jsonb_build_object('status', 'duplicada', 'conversa_id', c.id, 'instance', c.instance,
                              'doorbell', private.has_pending(c.id));
  end if;
  if c.status in ('completed', 'abandoned') then
    insert into public.chatwoot_efeitos (conversa_id, tipo, dados)
    values (c.id, 'nota', jsonb_build_object('assunto', 'encerrada', 'texto', left(v_texto, 200)));
    return jsonb_build_object('status', 'encerrada', 'conversa_id', c.id, 'instance', c.instance,
                              'doorbell', false);
  end if;
  if private.waiting_draft(c.id) is not null and v_files = 0
     and v_texto ~* '^((aprovar|rejeitar)[.!]?$|(editar|rejeitar)\s*:)' then
    -- Meant for the draft, and written where answers are written: no doctor should read it.
    insert into public.chatwoot_efeitos (conversa_id, tipo, dados)
    values (c.id, 'nota', jsonb_build_object('assunto', 'decisao_publica', 'texto', left(v_texto, 200)));
    return jsonb_build_object('status', 'aceita', 'conversa_id', c.id, 'instance', c.instance,
                              'doorbell', private.has_pending(c.id));
  end if;
  v_given_back := c.controlled_by = 'ai' and coalesce(v_em < (
    select max((metadata ->> 'devolvida_em')::timestamptz) from public.handoffs
     where conversa_id = c.id and status = 'resolvido'), false);
  if not v_given_back then
    v_seized := private.hand_over(c.id, 'manual', 'Uma pessoa respondeu pelo Chatwoot', false, v_por);
  end if;
  if v_files > 0 then
    insert into public.chatwoot_efeitos (conversa_id, tipo, dados)
    values (c.id, 'nota', jsonb_build_object('assunto', 'anexos', 'anexos', v_files));
  end if;
  if v_texto <> '' then
    update public.conversations set turn_seq = turn_seq + 1 where id = c.id returning * into c;
    insert into public.fila_mensagens
      (id, medico_id, conversa_id, instance, turn_seq, part, kind, tipo, conteudo, prioridade,
       control_epoch, expira_em, next_ring_at, liberada, metadata)
    values
      (md5('chatwoot:' || v_mensagem)::uuid, c.medico_id, c.id, c.instance, c.turn_seq, 1,
       'human_agent', 'human_agent', v_texto, 10, c.control_epoch,
       api.agora() + interval '24 hours', api.agora() + interval '2 seconds', v_given_back,
       jsonb_build_object('chatwoot_mensagem_id', v_mensagem, 'por', v_por));
  end if;
  return jsonb_build_object('status', case when v_seized then 'assumida' else 'aceita' end,
    'conversa_id', c.id, 'instance', c.instance, 'doorbell', private.has_pending(c.id),
    'handoff_id', (select id from public.handoffs where conversa_id = c.id and status = 'pendente'));
end $$;

-- What the doctor wrote after a person had given the conversation back, and before we heard of that, was
-- for Julia. The caller holds the conversation's lock and has given it back.
create function private.leave_to_julia(p_conversa uuid, p_since timestamptz) returns void
language plpgsql set search_path = ''
as $$
declare
  v_seq bigint;
  v_left bigint;
  v_now timestamptz := api.agora();
begin
  select inbox_seq into v_seq from public.conversations where id = p_conversa;
  with later as (
    select id, row_number() over (order by id) as n from public.interacoes
     where conversa_id = p_conversa and situacao = 'humano' and tipo_conteudo <> 'reacao'
       -- Chatwoot's clock is not ours: nothing that a person has answered.
       and received_at > greatest(p_since, (
         select max(received_at) from public.interacoes
          where conversa_id = p_conversa and autor_tipo = 'gestor'))
  )
  update public.interacoes i set situacao = 'pendente', inbox_seq = v_seq + later.n
    from later where later.id = i.id;
  get diagnostics v_left = row_count;
  if v_left > 0 then
    update public.conversations
       set inbox_seq = v_seq + v_left, first_pending_at = v_now,
           quiet_at = private.quiet_at(v_now, v_now), due_at = private.quiet_at(v_now, v_now)
     where id = p_conversa;
  end if;
end $$;

-- The label was taken off, or the conversation resolved, in Chatwoot. It counts only after the present
-- hand-off was shown there: an echo of an earlier one, delivered late, gives nothing back. Who looked
-- there for what nobody told us names the hand-off (`handoff_id`).
create function api.person_returned(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_motivo text := private.need_word(p, 'motivo', 'etiqueta', 'resolvida');
  v_em timestamptz := private.need_time(p, 'em');
  v_por text := private.need_text(p, 'por');
  v_handoff uuid := case when p ->> 'handoff_id' is not null then private.need_uuid(p, 'handoff_id') end;
  c public.conversations;
  h public.handoffs;
begin
  c := private.lock_chatwoot_conversation(p);
  if c.id is null then
    return jsonb_build_object('status', 'desconhecida', 'doorbell', false);
  end if;
  select * into h from public.handoffs where conversa_id = c.id and status = 'pendente';
  if c.controlled_by = 'ai' then
    return jsonb_build_object('status', 'ja_julia', 'conversa_id', c.id, 'doorbell', false);
  end if;
  if v_handoff is not null and v_handoff <> h.id
     or v_handoff is null and not exists (
       select from public.chatwoot_efeitos
        where handoff_id = h.id and tipo = 'assumida' and feito_em <= v_em + interval '1 second') then
    return jsonb_build_object('status', 'antiga', 'conversa_id', c.id, 'doorbell', false);
  end if;
  if not private.take_delivery(p, c.id, null) then
    return jsonb_build_object('status', 'duplicada', 'conversa_id', c.id, 'doorbell', false);
  end if;
  -- By Chatwoot's clock, as are the times of what people write there.
  update public.handoffs set metadata = metadata || jsonb_build_object('devolvida_em', v_em)
   where id = h.id;
  perform private.hand_back(c.id, v_por);
  perform private.leave_to_julia(c.id, v_em);
  if v_motivo = 'resolvida' then
    update public.chatwoot_efeitos set dados = '{"resolvida": true}'
     where handoff_id = h.id and tipo = 'devolvida';
  end if;
  return jsonb_build_object('status', 'devolvida', 'conversa_id', c.id, 'instance', c.instance,
                            'doorbell', private.has_pending(c.id));
end $$;
