-- The canary: a message a minute from a number that cannot exist, answered by everything that answers
-- doctors, and never posted. It counts for nothing and bothers nobody.

-- No area of Brazil has the code 00.
create function private.canary_number() returns text
language sql immutable
as $$ select '5500000000000' $$;

-- As `julia_common.contracts.canary` says.
create function private.is_canary_key(p_key_id text) returns boolean
language sql immutable
as $$ select p_key_id like 'CANARIO%' $$;

create function private.canary() returns uuid
language sql stable set search_path = ''
as $$ select id from public.medicos where telefone = '+' || private.canary_number() $$;

create function private.medicos_mark_canary() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.canario := true;
  return new;
end $$;

create trigger medicos_mark_canary before insert on public.medicos
for each row when (new.telefone = '+' || private.canary_number())
execute function private.medicos_mark_canary();

-- No person answers it: what would hand it over drops what waits for an answer. Named so that it runs
-- before the trigger that gives a takeover its effects.
create function private.conversations_keep_canary() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if (select canario from public.medicos where id = old.medico_id) then
    update public.interacoes set situacao = 'sem_resposta'
     where conversa_id = old.id and situacao = 'pendente';
    new.controlled_by := 'ai';
    new.escalation_reason := null;
    new.controlled_by_user_id := null;
    new.lease_token := null;
    new.lease_owner := null;
    new.lease_until := null;
    new.lease_turno_id := null;
    new.lease_suspects := '[]';
    new.due_at := null;
    new.quiet_at := null;
    new.first_pending_at := null;
  end if;
  return new;
end $$;

create trigger conversations_before_canary before update of controlled_by on public.conversations
for each row when (old.controlled_by = 'ai' and new.controlled_by = 'human')
execute function private.conversations_keep_canary();

-- A day of it is enough to look at.
create function private.forget_canaries(p_medico uuid, p_before timestamptz) returns void
language plpgsql set search_path = ''
as $$
declare
  v_sends uuid[] := array(
    select id from public.fila_mensagens
     where medico_id = p_medico and created_at < p_before and status in ('enviada', 'cancelada'));
begin
  delete from public.sent_ids where fila_id = any (v_sends);
  delete from public.envios where fila_id = any (v_sends);
  delete from public.fila_mensagens where id = any (v_sends);
  with gone as (
    delete from public.inbox_keys k using public.interacoes i
     where i.id = k.interacao_id and i.medico_id = p_medico and i.received_at < p_before
       and i.situacao <> 'pendente'
    returning k.interacao_id
  )
  delete from public.interacoes i using gone where i.id = gone.interacao_id;
  delete from public.turnos t using public.conversations c
   where c.id = t.conversa_id and c.medico_id = p_medico and t.committed_at < p_before
     and not exists (select from public.fila_mensagens where turno_id = t.id)
     and not exists (select from public.interacoes where turno_id = t.id);
end $$;

create function api.prepare_canary(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_medico uuid := private.canary();
  v_now timestamptz := api.agora();
begin
  perform private.forget_canaries(v_medico, v_now - interval '1 day');
  return jsonb_build_object(
    'numero', private.canary_number(), 'agora', v_now,
    'pausada', case when v_medico is null then private.paused()
                    else private.paused_for(v_medico, private.need_text(p, 'instance')) end);
end $$;

create function api.canary_status(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
  select jsonb_build_object(
    'enviado_em', sent.at, 'respondido_em', answered.at,
    'segundos', extract(epoch from answered.at - answered.provider_at),
    'idade_s', extract(epoch from api.agora() - greatest(answered.at, excused.at)))
    from (select max(i.provider_at) as at
            from public.conversations c join public.interacoes i on i.conversa_id = c.id
           where c.medico_id = private.canary()) sent
    left join lateral (
      select f.enviada_em as at,
             (select max(provider_at) from public.interacoes where turno_id = f.turno_id)
               as provider_at
        from public.fila_mensagens f
       where f.medico_id = private.canary() and f.status = 'enviada'
       order by f.enviada_em desc limit 1) answered on true
    -- Nobody is down because a person paused.
    left join lateral (
      select max(scheduled_at) as at from public.execucoes
       where job = 'canario' and detalhes ->> 'pausada' = 'true'
         and scheduled_at > api.agora() - interval '10 minutes') excused on true
$$;

-- When the answer to one of its messages was recorded as sent, if it was: whoever writes in its name
-- looks for an answer of its own, not for the last one.
create function api.canary_answer(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_key text := private.need_text(p, 'key_id');
begin
  return jsonb_build_object('respondido_em', (
    select min(f.enviada_em)
      from public.inbox_keys k
      join public.interacoes i on i.id = k.interacao_id and i.medico_id = private.canary()
      join public.fila_mensagens f on f.turno_id = i.turno_id and f.status = 'enviada'
     where k.key_id = v_key and private.is_canary_key(v_key)
       and k.instance = private.need_text(p, 'instance')));
end $$;
