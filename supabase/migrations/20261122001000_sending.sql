-- Sending: whether the next part may go is decided here, in one transaction, at the last moment.

-- How long an attempt may take: it starts within 2 s of the claim and ends with its timeout.
create function private.attempt_time(p_post_timeout_s numeric) returns interval
language sql immutable
as $$ select interval '2 seconds' + make_interval(secs => p_post_timeout_s::double precision) $$;

-- How long a claim counts towards a ceiling.
create function private.window_length(p_janela text, p_post_timeout_s numeric) returns interval
language sql immutable
as $$ select case p_janela when 'hora' then interval '1 hour' when 'dia' then interval '1 day'
             when 'semana' then interval '7 days' end + private.attempt_time(p_post_timeout_s) $$;

create function private.window_start(p_now timestamptz, p_janela text, p_post_timeout_s numeric)
returns timestamptz
language sql stable set search_path = ''
as $$
  select greatest(p_now - private.window_length(p_janela, p_post_timeout_s),
    (select max(created_at) from public.tetos_reinicios where janela = p_janela))
$$;

-- What a number has used of its ceilings: claims in the sliding window, and reserved parts.
create function private.used(p_instance text, p_now timestamptz, p_post_timeout_s numeric)
returns table (hora bigint, dia bigint)
language plpgsql stable set search_path = ''
as $$
declare
  v_hora timestamptz := private.window_start(p_now, 'hora', p_post_timeout_s);
  v_dia timestamptz := private.window_start(p_now, 'dia', p_post_timeout_s);
  v_reserved bigint := (select count(*) from public.fila_mensagens
                         where instance = p_instance and status = 'pendente' and reservado);
begin
  return query
    select count(*) filter (where e.claimed_at > v_hora) + v_reserved,
           count(*) filter (where e.claimed_at > v_dia) + v_reserved
      from public.envios e
     where e.instance = p_instance and e.conta
       -- Each window has its own reset: either may reach further back.
       and e.claimed_at > least(v_hora, v_dia);
end $$;

-- Waits longer each time, up to 15 s for a reply that someone reads for. A reminder that waits for the
-- morning does not expire over that.
create function private.defer(p_fila uuid, p_espera text, p_outcome text, p_retry interval)
returns void
language sql volatile set search_path = ''
as $$
  update public.fila_mensagens
     set espera = p_espera, outcome = p_outcome, ring_count = least(ring_count + 1, 100),
         retida = retida or p_espera in ('pausa', 'teto_hora', 'teto_dia'),
         expira_em = case when kind = 'lembrete' and p_espera = 'horario'
                          then greatest(expira_em, api.agora() + p_retry + interval '1 hour')
                          else expira_em end,
         next_ring_at = api.agora() + greatest(p_retry,
           least(interval '2 seconds' * power(2, least(ring_count, 3)), interval '15 seconds'))
   where id = p_fila
$$;

create function private.claim_answer(e public.envios) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'status', 'enviar', 'fila_id', f.id, 'claim_id', e.claim_id, 'turno_id', f.turno_id,
    'medico_id', f.medico_id,
    'kind', f.kind, 'instance', f.instance, 'destino', private.destination(c),
    'conteudo', f.conteudo, 'anexo', f.anexo, 'text_hash', e.text_hash, 'tentativa', e.tentativa,
    'budget_ms', 2000, 'canary', not r.postado, 'traceparent', f.traceparent,
    'mais', private.has_pending(f.conversa_id))
    from public.fila_mensagens f
    join public.conversations c on c.id = f.conversa_id
    join public.regras_envio r on r.kind = f.kind
   where f.id = e.fila_id
$$;

create function private.cancel_part(p_fila uuid, p_outcome text) returns void
language sql volatile set search_path = ''
as $$
  update public.fila_mensagens
     set status = 'cancelada', outcome = p_outcome, reservado = false,
         next_ring_at = null, next_try_at = null
   where id = p_fila
$$;

-- Why this part may never go any more, or null. What a person has released goes whoever has the
-- conversation: it may well have been handed over because this part was in doubt.
create function private.void_reason(
  f public.fila_mensagens, r public.regras_envio, c public.conversations, m public.medicos)
returns text
language plpgsql stable set search_path = ''
as $$
begin
  if not f.liberada then
    if r.controle = 'ai' and c.controlled_by <> 'ai' then
      return 'BLOCKED_HUMAN_CONTROL';
    elsif r.controle = 'human' and c.controlled_by <> 'human' then
      return 'BLOCKED_AI_CONTROL';
    elsif r.epoca and f.control_epoch <> c.control_epoch then
      return 'BLOCKED_STALE';
    end if;
  end if;
  if r.proativo and m.deleted_at is not null then
    return 'BLOCKED_OPTED_OUT';
  elsif m.opted_out and (r.opt_out = 'sempre'
      or r.opt_out = 'salvo_resposta' and coalesce(m.ultima_entrada_em <= m.opted_out_at, true)) then
    return 'BLOCKED_OPTED_OUT';
  -- "Not this month": what is meant for a time after it may stay.
  elsif m.sem_contato_ate > greatest(api.agora(), f.agendar_para)
      and (r.mes = 'sempre' or r.mes = 'salvo_pedido' and f.created_at <= m.sem_contato_desde) then
    return 'BLOCKED_OPTED_OUT';
  -- "Not this shift."
  elsif r.proativo and exists (
      select from public.recusas_vagas
       where medico_id = m.id and vaga_id::text = f.metadata ->> 'vaga_id') then
    return 'BLOCKED_OPTED_OUT';
  end if;
  return null;
end $$;

-- When we may next write of our own accord: Monday to Friday, no holiday, 8 to 20 h in São Paulo;
-- null: now.
create function private.opens_at(p_now timestamptz) returns timestamptz
language plpgsql stable set search_path = ''
as $$
declare
  v_local timestamp := p_now at time zone 'America/Sao_Paulo';
  v_day date := v_local::date;
begin
  if v_local::time >= time '08:00' and v_local::time < time '20:00' and private.is_workday(v_day) then
    return null;
  end if;
  if v_local::time >= time '08:00' then
    v_day := v_day + 1;
  end if;
  while not private.is_workday(v_day) loop
    v_day := v_day + 1;
  end loop;
  return (v_day + time '08:00') at time zone 'America/Sao_Paulo';
end $$;

create function private.is_workday(p_day date) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return extract(isodow from p_day) <= 5
     and not exists (select from public.feriados where dia = p_day);
end $$;

-- When a reminder may go that is due: at the time that the doctor named whatever the hour, later not at
-- night, from 22 to 7 h in São Paulo; null: now.
create function private.reminder_opens_at(f public.fila_mensagens, p_now timestamptz)
returns timestamptz
language plpgsql stable set search_path = ''
as $$
declare
  v_local timestamp := p_now at time zone 'America/Sao_Paulo';
begin
  if p_now <= f.agendar_para + interval '15 minutes'
     or v_local::time >= time '07:00' and v_local::time < time '22:00' then
    return null;
  end if;
  -- Two hours on, every hour of the night is of the morning's day.
  return ((v_local + interval '2 hours')::date + time '07:00') at time zone 'America/Sao_Paulo';
end $$;

create function private.awaits_answer(p_medico uuid) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return exists (select from public.conversations c join public.interacoes i on i.conversa_id = c.id
                  where c.medico_id = p_medico and i.situacao = 'pendente')
      or exists (select from public.conversations c join public.rascunhos_copiloto r on r.conversa_id = c.id
                  where c.medico_id = p_medico and r.status = 'esperando');
end $$;

-- Why this part may not go yet, and when to look again; no motivo: nothing but what is scarce (a
-- number's and a doctor's share) may still keep it.
create function private.wait_reason(
  f public.fila_mensagens, r public.regras_envio, p_now timestamptz, p_paused boolean,
  out motivo text, out outcome text, out retry interval)
language plpgsql stable set search_path = ''
as $$
begin
  if r.pausa and p_paused then
    motivo := 'pausa';
    outcome := 'BLOCKED_SAFE_MODE';
    retry := interval '2 seconds';
  elsif f.next_try_at > p_now then
    motivo := 'nova_tentativa';
    outcome := 'FAILED_PROVIDER';
    retry := f.next_try_at - p_now;
  elsif f.expira_em <= p_now then
    -- The sweeper hands the conversation over; a late answer is not sent.
    motivo := 'vencida';
    outcome := 'EXPIRED';
    retry := interval '2 seconds';
  elsif r.horario and private.opens_at(p_now) is not null then
    motivo := 'horario';
    outcome := 'BLOCKED_QUIET_HOURS';
    retry := private.opens_at(p_now) - p_now;
  elsif f.kind = 'lembrete' and private.reminder_opens_at(f, p_now) is not null then
    motivo := 'horario';
    outcome := 'BLOCKED_QUIET_HOURS';
    retry := private.reminder_opens_at(f, p_now) - p_now;
  elsif r.proativo and private.awaits_answer(f.medico_id) then
    motivo := 'medico_espera';
    outcome := 'BLOCKED_NEXT_ALLOWED';
    retry := interval '10 seconds';
  end if;
end $$;

-- When this doctor may be written to again, by what was written of our own accord in the last hour
-- and the last seven days; null or past: now. The caller holds the doctor.
create function private.doctor_free_at(
  p_medico uuid, r public.regras_envio, p_now timestamptz, p_post_timeout_s numeric)
returns timestamptz
language plpgsql stable set search_path = ''
as $$
declare
  v_hora interval := private.window_length('hora', p_post_timeout_s);
  v_semana interval := private.window_length('semana', p_post_timeout_s);
  v_person uuid[] := private.united_in(p_medico);
begin
  -- The oldest of as many as are allowed: once it has left the window there is room for one.
  return greatest(
    (select e.claimed_at + v_hora
       from public.envios e join public.regras_envio k on k.kind = e.kind
      where e.medico_id = any (v_person) and e.conta and e.claimed_at > p_now - v_hora
        and k.max_hora_medico is not null and r.max_hora_medico is not null
      order by e.claimed_at desc offset r.max_hora_medico - 1 limit 1),
    (select e.claimed_at + v_semana
       from public.envios e join public.regras_envio k on k.kind = e.kind
      where e.medico_id = any (v_person) and e.conta and e.claimed_at > p_now - v_semana
        and k.max_semana_medico is not null and r.max_semana_medico is not null
      order by e.claimed_at desc offset r.max_semana_medico - 1 limit 1));
end $$;

-- When this number may send the kind again; null: now. The caller holds the number.
create function private.kind_free_at(
  p_instance text, r public.regras_envio, p_now timestamptz, p_post_timeout_s numeric)
returns timestamptz
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select e.claimed_at + private.window_length('hora', p_post_timeout_s)
      from public.envios e
     where e.instance = p_instance and e.kind = r.kind and e.conta
       and e.claimed_at > private.window_start(p_now, 'hora', p_post_timeout_s)
       and r.max_hora_numero is not null
     order by e.claimed_at desc offset r.max_hora_numero - 1 limit 1);
end $$;

-- Whether something more urgent, that nobody waits for either, is about to go by the same number. What
-- has just come due counts until its first claim says why it must wait.
create function private.is_outranked(f public.fila_mensagens, p_now timestamptz) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return exists (
    select from public.fila_mensagens o join public.regras_envio k on k.kind = o.kind
     where o.instance = f.instance and o.status = 'pendente'
       and o.prioridade > f.prioridade and o.prioridade < 10 and k.proativo
       and case when o.espera is null
                then o.next_ring_at <= p_now and coalesce(o.agendar_para <= p_now, true)
                -- Rung for within the longest pause of the sweeper.
                else o.espera in ('espacamento', 'teto_proativo')
                     and o.next_ring_at <= p_now + interval '15 seconds' end
       and not private.paused_for(o.medico_id, o.instance, o.campanha_id));
end $$;

-- How long the slot of what we have shown ourselves typing is kept for it after that. Shorter than
-- any spacing, so that whoever gets the next slot keeps its distance.
create function private.typed_just_now(f public.fila_mensagens, p_now timestamptz) returns boolean
language sql immutable
as $$ select coalesce(p_now < f.digitando_ate + interval '15 seconds', false) $$;

-- What a number gives out by the piece when we write of our own accord. The caller holds it.
create function private.slot_reason(
  f public.fila_mensagens, r public.regras_envio, w public.whatsapp_instances, p_now timestamptz,
  p_post_timeout_s numeric, out motivo text, out outcome text, out retry interval)
language plpgsql stable set search_path = ''
as $$
declare
  v_kind_at timestamptz := private.kind_free_at(w.instance, r, p_now, p_post_timeout_s);
begin
  if v_kind_at > p_now then
    motivo := 'teto_tipo';
    outcome := 'BLOCKED_CONTACT_CAP';
    retry := v_kind_at - p_now;
  elsif private.typed_just_now(f, p_now) then
    -- Its slot was given out when the typing began.
    null;
  elsif r.espaca and w.proximo_proativo_em > p_now then
    motivo := 'espacamento';
    outcome := 'BLOCKED_NEXT_ALLOWED';
    retry := w.proximo_proativo_em - p_now;
  elsif private.is_outranked(f, p_now) then
    motivo := 'preterida';
    outcome := 'BLOCKED_NEXT_ALLOWED';
    retry := interval '2 seconds';
  end if;
end $$;

-- Takes the slot: the next one is a random time from `p_from`. The caller holds the number.
create function private.take_slot(p_instance text, p_from timestamptz) returns void
language plpgsql set search_path = ''
as $$
declare
  v jsonb := coalesce((select valor from public.configuracoes where chave = 'espacamento_segundos'),
                      '[45, 180]');
  v_least double precision := v ->> 0;
  v_most double precision := v ->> 1;
begin
  update public.whatsapp_instances
     set proximo_proativo_em = p_from + make_interval(secs => v_least + random() * (v_most - v_least))
   where instance = p_instance;
end $$;

-- Gives the slot of an attempt that sent nothing back, unless a later one has taken the next.
create function private.return_slot(e public.envios) returns void
language sql volatile set search_path = ''
as $$
  update public.whatsapp_instances w set proximo_proativo_em = api.agora()
   where w.instance = e.instance and w.proximo_proativo_em > api.agora()
     and (select espaca from public.regras_envio where kind = e.kind)
     and not exists (
       select from public.envios o join public.regras_envio k on k.kind = o.kind and k.espaca
        where o.instance = e.instance and o.conta and o.claimed_at > e.claimed_at)
$$;

-- How long the doctor is shown that we are typing this part before it goes; null: not at all.
create function private.typing_time(f public.fila_mensagens, r public.regras_envio) returns interval
language plpgsql stable set search_path = ''
as $$
declare
  v_per_char numeric;
begin
  select (valor #>> '{}')::numeric into v_per_char
    from public.configuracoes where chave = 'digitacao_ms_por_caractere';
  if coalesce(v_per_char, 0) = 0 then
    return null;
  end if;
  return make_interval(secs => least(
    greatest(v_per_char * length(f.conteudo) / 1000, case when r.proativo then 3 else 1 end),
    case when r.proativo then 15 else 3 end)::double precision);
end $$;

-- Refuses a part that may go until the doctor has been shown that we are typing it; null: it has been.
-- Not for the first part of a reply, which has been shown while it was thought out. The caller holds
-- the number.
create function private.show_typing(
  f public.fila_mensagens, r public.regras_envio, c public.conversations, p_now timestamptz)
returns jsonb
language plpgsql set search_path = ''
as $$
declare
  v_left interval := f.digitando_ate - p_now;
begin
  if v_left is null or not private.typed_just_now(f, p_now) then
    v_left := private.typing_time(f, r);
    if v_left is null then
      return null;
    end if;
    update public.fila_mensagens
       set digitando_ate = p_now + v_left, espera = 'digitar', outcome = 'BLOCKED_NEXT_ALLOWED',
           ring_count = 0, next_ring_at = p_now + v_left + interval '2 seconds'
     where id = f.id;
    if r.espaca then
      perform private.take_slot(c.instance, p_now + v_left);
    end if;
  elsif v_left <= interval '0' then
    return null;
  end if;
  return private.refusal(f.id, 'digitar', 'BLOCKED_NEXT_ALLOWED', v_left) || jsonb_build_object(
    'digitar_ms', ceil(extract(epoch from v_left) * 1000)::bigint,
    'instance', c.instance, 'destino', private.destination(c));
end $$;

-- What we send of our own accord leaves 40 % of a ceiling to replies, and uses less of it on a number
-- that is new or unwell; yet one, as long as the number may send any.
create function private.headroom(p_max bigint, p_share numeric) returns bigint
language sql immutable
as $$ select case when p_max <= 0 or p_share <= 0 then 0
             else greatest(1, floor(p_max * 0.6 * p_share)) end::bigint $$;

-- Room under the number's ceilings for this part and the rest of its turn; reserves the rest.
-- 'ok', 'junta' (room for one: the turn's parts become one message) or the ceiling that is full.
-- The caller holds the number's row.
create function private.reserve_turn(
  f public.fila_mensagens, r public.regras_envio, w public.whatsapp_instances, p_now timestamptz,
  p_max_hora bigint, p_max_dia bigint, p_post_timeout_s numeric,
  out resultado text, out retry interval)
language plpgsql set search_path = ''
as $$
declare
  u record;
  n bigint;
  v_room bigint;
  v_files boolean;
  v_share numeric;
begin
  resultado := 'ok';
  if f.reservado then
    return;
  end if;
  if r.proativo then
    -- What the doctor asked for at a time is not what a number is banned for.
    v_share := case when r.espaca then private.number_share(w, p_now) else 1 end;
    p_max_hora := private.headroom(p_max_hora, v_share);
    p_max_dia := private.headroom(p_max_dia, v_share);
  end if;
  select * into u from private.used(f.instance, p_now, p_post_timeout_s);
  select count(*), coalesce(bool_or(anexo is not null), false) into n, v_files
    from public.fila_mensagens
   where conversa_id = f.conversa_id and turn_seq = f.turn_seq
     and status = 'pendente' and not reservado;
  v_room := least(p_max_hora - u.hora, p_max_dia - u.dia);
  if v_room >= n then
    if n > 1 then
      update public.fila_mensagens set reservado = true
       where conversa_id = f.conversa_id and turn_seq = f.turn_seq
         and status = 'pendente' and id <> f.id;
    end if;
    return;
  elsif v_room >= 1 and not v_files then
    resultado := 'junta';
    return;
  end if;
  resultado := case when r.proativo then 'teto_proativo'
                    when p_max_hora - u.hora <= p_max_dia - u.dia then 'teto_hora'
                    else 'teto_dia' end;
  -- Sooner than the counted attempts say: some are refunded, and people reset the counters.
  retry := least(
    greatest(private.room_at(f.instance, 'hora', p_max_hora, u.hora, p_now, p_post_timeout_s),
             private.room_at(f.instance, 'dia', p_max_dia, u.dia, p_now, p_post_timeout_s)) - p_now,
    case when r.proativo then interval '5 minutes' else interval '10 seconds' end);
end $$;

-- When a full window has room for one, if nothing reserved is given up; null: it is not full.
create function private.room_at(
  p_instance text, p_janela text, p_max bigint, p_used bigint, p_now timestamptz,
  p_post_timeout_s numeric)
returns timestamptz
language plpgsql stable set search_path = ''
as $$
begin
  if p_used < p_max then
    return null;
  end if;
  -- As many of the oldest must leave as there are too many, and one.
  return (
    select e.claimed_at + private.window_length(p_janela, p_post_timeout_s)
      from public.envios e
     where e.instance = p_instance and e.conta
       and e.claimed_at > private.window_start(p_now, p_janela, p_post_timeout_s)
     order by e.claimed_at offset p_used - p_max limit 1);
end $$;

create function private.join_parts(p_fila uuid) returns public.fila_mensagens
language plpgsql set search_path = ''
as $$
declare
  f public.fila_mensagens;
begin
  update public.fila_mensagens t
     set conteudo = (select string_agg(o.conteudo, E'\n\n' order by o.part)
                       from public.fila_mensagens o
                      where o.conversa_id = t.conversa_id and o.turn_seq = t.turn_seq
                        and o.status = 'pendente')
   where t.id = p_fila returning * into f;
  perform private.cancel_part(o.id, 'JOINED') from public.fila_mensagens o
    where o.conversa_id = f.conversa_id and o.turn_seq = f.turn_seq
      and o.status = 'pendente' and o.id <> f.id;
  return f;
end $$;

create function api.claim_next(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_conversa uuid := private.need_uuid(p, 'conversa_id');
  v_claim uuid := private.need_uuid(p, 'claim_id');
  v_max_hora bigint := private.need_int(p, 'max_hora');
  v_max_dia bigint := private.need_int(p, 'max_dia');
  v_timeout numeric := private.need_text(p, 'post_timeout_s')::numeric;
  -- Who cannot show what is sent, nor be told to stop counting, sends only what is waited for.
  v_blind boolean := coalesce((p ->> 'sem_redis')::boolean, false);
  v_paused boolean;
  v_now timestamptz;
  v_open boolean;
  v_person_open boolean;
  c public.conversations;
  m public.medicos;
  f public.fila_mensagens;
  r public.regras_envio;
  w public.whatsapp_instances;
  e public.envios;
  v_void text;
  v_free_at timestamptz;
  x record;
  v_typing jsonb;
  v_refused jsonb;
  v_busy jsonb := private.refusal(null, 'ocupada', 'BLOCKED_NEXT_ALLOWED', interval '100 milliseconds');
begin
  select * into e from public.envios where claim_id = v_claim;
  if found then
    -- A repeated call: the same answer while the claim stands.
    if e.status = 'aberto' then
      return private.claim_answer(e)
        || jsonb_build_object('usage', private.usage_json(e.instance, v_timeout));
    end if;
    return private.refusal(null, 'ja_resolvida', null, null);
  end if;
  if not private.has_pending(v_conversa) then
    return jsonb_build_object('status', 'vazio');
  end if;
  perform private.lock_status_shared();
  -- Not waited for: a pause would wait for whoever waited here.
  perform 1 from public.conversations where id = v_conversa for no key update skip locked;
  if not found then
    return v_busy;
  end if;
  select * into c from public.conversations where id = v_conversa;
  -- A plain UPDATE of the opt-out waits for this claim, or this claim sees it; and what a doctor is
  -- sent by two numbers is counted one after the other.
  perform 1 from public.medicos where id = c.medico_id for no key update skip locked;
  if not found then
    return v_busy;
  end if;
  select * into m from public.medicos where id = c.medico_id;
  v_now := api.agora();
  select coalesce(bool_or(kind <> 'human_agent'), false),
         coalesce(bool_or(kind = 'human_agent' and status = 'processando'), false)
    into v_open, v_person_open
    from public.fila_mensagens
   where conversa_id = c.id and status in ('processando', 'incerta');

  v_refused := jsonb_build_object('status', 'vazio');
  for f in
    select o.* from public.fila_mensagens o join public.regras_envio k on k.kind = o.kind
     where o.conversa_id = c.id and o.status = 'pendente'
     -- A person's message overtakes Julia's, and replies what nobody waits for, of which the more
     -- urgent comes first; else the order of turns and parts.
     order by o.kind <> 'human_agent', k.proativo, case when k.proativo then -o.prioridade end,
              o.turn_seq, o.part
  loop
    -- Joined or cancelled with an earlier part of this loop?
    select * into f from public.fila_mensagens where id = f.id and status = 'pendente';
    continue when not found;
    select * into r from public.regras_envio where kind = f.kind;
    v_void := private.void_reason(f, r, c, m);
    if v_void is not null then
      perform private.cancel_part(f.id, v_void);
      continue;
    end if;
    if f.kind = 'human_agent' then
      if v_person_open then
        v_refused := private.refuse(f.id, 'envio_em_aberto', 'BLOCKED_NEXT_ALLOWED',
                                    interval '1 second');
        continue;
      end if;
    elsif v_open then
      return private.refuse(f.id, 'envio_em_aberto', 'BLOCKED_NEXT_ALLOWED', interval '1 second');
    end if;
    if f.agendar_para > v_now then
      continue;
    end if;
    v_paused := private.paused_for(c.medico_id, c.instance, f.campanha_id);
    -- Of a pause that has just run out, the claim is dated after its end.
    v_now := api.agora();
    x := private.wait_reason(f, r, v_now, v_paused);
    if x.motivo is not null then
      v_refused := private.refuse(f.id, x.motivo, x.outcome, x.retry);
      continue when r.proativo;
      exit;
    end if;
    if r.proativo and v_blind then
      v_refused := private.refuse(f.id, 'sem_redis', 'BLOCKED_SAFE_MODE', interval '10 seconds');
      continue;
    end if;
    if r.proativo then
      x := private.campaign_gate(f, m, v_now);
      if x.fim then
        perform private.cancel_part(f.id, x.outcome);
        continue;
      elsif x.motivo is not null then
        v_refused := private.refuse(f.id, x.motivo, x.outcome, x.retry);
        continue;
      end if;
      v_free_at := private.doctor_free_at(c.medico_id, r, v_now, v_timeout);
      if v_free_at > v_now then
        v_refused := private.refuse(f.id, 'teto_medico', 'BLOCKED_CONTACT_CAP', v_free_at - v_now);
        continue;
      end if;
    end if;
    if f.kind = 'lembrete' then
      f := private.keep_reminder_true(f);
    end if;
    if r.teto then
      -- The number comes last and only for what may go: all its conversations queue for it.
      select * into w from public.whatsapp_instances where instance = c.instance for no key update;
      v_now := api.agora();
      x := private.number_gate(w, r, v_now);
      if x.motivo is not null then
        v_refused := private.refuse(f.id, x.motivo, x.outcome, x.retry);
        continue when r.proativo;
        exit;
      end if;
      -- The hours may have ended while we queued for it.
      if r.horario and private.opens_at(v_now) is not null then
        v_refused := private.refuse(f.id, 'horario', 'BLOCKED_QUIET_HOURS',
                                    private.opens_at(v_now) - v_now);
        continue;
      end if;
      if r.proativo then
        x := private.slot_reason(f, r, w, v_now, v_timeout);
        if x.motivo is not null then
          v_refused := private.refuse(f.id, x.motivo, x.outcome, x.retry);
          continue;
        end if;
      end if;
      x := private.reserve_turn(f, r, w, v_now, v_max_hora, v_max_dia, v_timeout);
      if x.resultado = 'junta' then
        f := private.join_parts(f.id);
      elsif x.resultado <> 'ok' then
        v_refused := private.refuse(f.id, x.resultado, 'FAILED_RATE_LIMIT', x.retry);
        continue when r.proativo;
        exit;
      end if;
      if r.proativo or f.kind = 'reply' and f.part > 1 then
        v_typing := private.show_typing(f, r, c, v_now);
        if v_typing is not null then
          return v_typing;
        end if;
      end if;
    end if;

    update public.fila_mensagens
       set status = 'processando', claim_id = v_claim, processando_desde = v_now,
           tentativas = tentativas + 1, reservado = false, espera = null, outcome = null,
           next_try_at = null, next_ring_at = null
     where id = f.id and status = 'pendente';
    if not found then
      -- Withdrawn under our hands by what does not hold the conversation: a change of its shift.
      return v_busy;
    end if;
    if r.espaca then
      perform private.take_slot(c.instance, v_now);
    end if;
    insert into public.envios
      (claim_id, fila_id, conversa_id, medico_id, kind, instance, owner, tentativa, text_hash,
       conta, claimed_at, deadline_at, alvo)
    values
      (v_claim, f.id, c.id, c.medico_id, f.kind, c.instance, (p ->> 'owner')::uuid, f.tentativas + 1,
       private.content_hash(f.conteudo, f.anexo), r.teto, v_now, v_now + private.attempt_time(v_timeout),
       private.target_of(c.medico_id, c.instance, f.campanha_id))
    returning * into e;
    return private.claim_answer(e)
      || jsonb_build_object('usage', private.usage_json(c.instance, v_timeout));
  end loop;
  return v_refused;
end $$;

create function private.refusal(p_fila uuid, p_motivo text, p_outcome text, p_retry interval)
returns jsonb
language sql immutable
as $$
  select jsonb_build_object('status', 'recusado', 'motivo', p_motivo, 'outcome', p_outcome,
    'fila_id', p_fila, 'retry_in_ms', ceil(extract(epoch from p_retry) * 1000)::bigint)
$$;

create function private.refuse(p_fila uuid, p_motivo text, p_outcome text, p_retry interval)
returns jsonb
language plpgsql set search_path = ''
as $$
begin
  perform private.defer(p_fila, p_motivo, p_outcome, p_retry);
  return private.refusal(p_fila, p_motivo, p_outcome, p_retry);
end $$;

create function private.usage_json(p_instance text, p_post_timeout_s numeric) returns jsonb
language sql stable set search_path = ''
as $$ select jsonb_build_object('hora', hora, 'dia', dia)
        from private.used(p_instance, api.agora(), p_post_timeout_s) $$;

-- Rings the conversation's waiting parts soon: something that held them up has ended.
create function private.wake_pending(p_conversa uuid) returns boolean
language plpgsql set search_path = ''
as $$
begin
  update public.fila_mensagens
     set next_ring_at = least(next_ring_at,
           greatest(api.agora() + interval '2 seconds', agendar_para)),
         ring_count = 0
   where conversa_id = p_conversa and status = 'pendente';
  return found;
end $$;

-- A reminder was promised to the doctor: where Julia could not keep it, a person still may.
create function private.report_reminder(f public.fila_mensagens, p_motivo text) returns void
language plpgsql set search_path = ''
as $$
begin
  perform private.notify_managers('lembrete_nao_enviado', c, f.id, jsonb_build_object(
            'quando', f.agendar_para, 'texto', f.conteudo, 'motivo', p_motivo))
     from public.conversations c where c.id = f.conversa_id and f.kind = 'lembrete';
end $$;

-- A part that can't be sent ends its turn: the rest would arrive without its beginning.
create function private.fail_turn(f public.fila_mensagens, p_trigger text, p_motivo text) returns void
language plpgsql set search_path = ''
as $$
begin
  update public.fila_mensagens
     set status = 'cancelada', outcome = 'TURN_FAILED', reservado = false,
         next_ring_at = null, next_try_at = null
   where conversa_id = f.conversa_id and turn_seq = f.turn_seq and status = 'pendente';
  if f.kind = 'reply' then
    perform private.hand_over(f.conversa_id, p_trigger, p_motivo, false);
  end if;
  perform private.report_reminder(f, p_motivo);
end $$;

-- The part reached WhatsApp by this attempt. A resend may be on its way, or the part given up: what
-- was delivered is delivered. The caller holds the conversation's lock.
create function private.mark_sent(p_fila uuid, p_claim uuid, p_key text) returns void
language plpgsql set search_path = ''
as $$
declare
  f public.fila_mensagens;
  v_now timestamptz := api.agora();
begin
  update public.fila_mensagens
     set status = 'enviada', outcome = 'SENT', provider_message_id = p_key, enviada_em = v_now,
         -- The bytes of a file are of no use any more, and may say who somebody is.
         anexo = anexo - 'base64',
         claim_id = p_claim, reservado = false, next_ring_at = null, next_try_at = null,
         espera = null, erro = null
   where id = p_fila and status <> 'enviada'
  returning * into f;
  if not found then
    return;
  end if;
  -- Another attempt that was being looked for need not be found any more.
  update public.envios set status = 'nao_confirmado', resolved_at = v_now
   where fila_id = p_fila and status = 'incerto';
  insert into public.interacoes
    (medico_id, conversa_id, instance, tipo, autor_tipo, tipo_conteudo, conteudo, key_id,
     provider_at, received_at, situacao, turno_id, fila_id, origem)
  select c.medico_id, c.id, f.instance, 'saida',
         case when f.kind = 'human_agent' then 'gestor' else 'julia' end,
         case f.anexo ->> 'tipo' when 'image' then 'imagem' when 'document' then 'documento'
                                 when 'video' then 'video' when 'audio' then 'audio' else 'texto' end,
         f.conteudo, p_key, v_now, v_now, 'enviada', f.turno_id, f.id, f.kind
    from public.conversations c
   where c.id = f.conversa_id and (select postado from public.regras_envio where kind = f.kind);
  update public.conversations
     set message_count = message_count + 1, last_message_at = greatest(last_message_at, v_now)
   where id = f.conversa_id;
end $$;

-- Binds the provider's id to the attempt and settles the part as sent. Idempotent; the caller holds
-- the conversation's lock. False if the id belongs to another attempt already.
create function private.bind_sent(p_claim uuid, p_key text, p_evidence text) returns boolean
language plpgsql set search_path = ''
as $$
declare
  e public.envios;
  s public.sent_ids;
begin
  select * into e from public.envios where claim_id = p_claim;
  perform private.lock_ack(e.instance, p_key);
  insert into public.sent_ids (instance, key_id, claim_id, fila_id, evidence, bound_at)
  values (e.instance, p_key, e.claim_id, e.fila_id, p_evidence, api.agora()) on conflict do nothing;
  perform private.take_early_ack(e.instance, p_key, e.fila_id) where found;
  select * into s from public.sent_ids where instance = e.instance and key_id = p_key;
  if s.claim_id <> p_claim then
    -- An answer knows its attempt, an echo only its words: the answer corrects the echo.
    if s.fila_id <> e.fila_id or p_evidence <> 'answer' then
      return false;
    end if;
    update public.sent_ids set claim_id = p_claim, evidence = p_evidence
     where instance = e.instance and key_id = p_key;
    update public.envios
       set status = 'nao_confirmado', provider_message_id = null, evidence = null
     where claim_id = s.claim_id;
  end if;
  perform private.mark_delivered(p_claim, p_key, p_evidence);
  return true;
end $$;

create function private.mark_delivered(p_claim uuid, p_key text, p_evidence text) returns void
language plpgsql set search_path = ''
as $$
declare
  e public.envios;
begin
  update public.envios e0
     set status = 'enviado', provider_message_id = coalesce(provider_message_id, p_key),
         evidence = coalesce(evidence, p_evidence), resolved_at = coalesce(resolved_at, api.agora()),
         -- Refunded as not sent, and yet it was.
         conta = (select r.teto from public.regras_envio r
                    join public.fila_mensagens f on f.kind = r.kind where f.id = e0.fila_id)
   where claim_id = p_claim returning * into e;
  -- While a later attempt is being posted the part stays its: see settle_by_earlier.
  if not exists (select from public.fila_mensagens
                  where id = e.fila_id and status = 'processando' and claim_id <> p_claim) then
    perform private.mark_sent(e.fila_id, p_claim, p_key);
  end if;
end $$;

-- A part whose present attempt came to nothing, but an earlier one turns out to have arrived, is
-- sent. True if so.
create function private.settle_by_earlier(p_fila uuid) returns boolean
language plpgsql set search_path = ''
as $$
declare
  e public.envios;
begin
  select * into e from public.envios where fila_id = p_fila and status = 'enviado'
   order by claimed_at limit 1;
  if not found then
    return false;
  end if;
  perform private.mark_sent(p_fila, e.claim_id, e.provider_message_id);
  return true;
end $$;

-- The claim's attempt and part, with the conversation locked.
create function private.lock_claim(p_claim uuid) returns public.envios
language plpgsql set search_path = ''
as $$
declare
  e public.envios;
begin
  select * into e from public.envios where claim_id = p_claim;
  if not found then
    raise exception 'claim % does not exist', p_claim
      using errcode = 'P0002', hint = 'Claims are made by claim_next.';
  end if;
  perform private.lock_conversation(e.conversa_id);
  select * into e from public.envios where claim_id = p_claim;
  return e;
end $$;

create function private.back_to_pending(p_fila uuid, p_retry interval, p_erro text) returns void
language sql volatile set search_path = ''
as $$
  update public.fila_mensagens
     set status = 'pendente', claim_id = null, processando_desde = null, erro = p_erro,
         digitando_ate = null, next_try_at = api.agora() + p_retry,
         next_ring_at = api.agora() + greatest(p_retry, interval '100 milliseconds')
   where id = p_fila
$$;

create function api.release_claim(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  e public.envios := private.lock_claim(private.need_uuid(p, 'claim_id'));
begin
  if e.status not in ('aberto', 'incerto') then
    return jsonb_build_object('status', 'ja_resolvida');
  end if;
  update public.envios
     set status = 'liberado', conta = false, motivo = p ->> 'motivo', resolved_at = api.agora()
   where claim_id = e.claim_id;
  if not private.settle_by_earlier(e.fila_id) then
    perform private.back_to_pending(e.fila_id, interval '0', null);
  end if;
  perform private.return_slot(e);
  return jsonb_build_object('status', 'liberada');
end $$;

-- Whether a pause, by a word of somebody's or by its time, ended between then and now: what waited may
-- have waited for that. Looks at the last rows only: nobody pauses fifty times while a reply is due.
create function private.paused_since(p_since timestamptz) returns boolean
language sql stable set search_path = ''
as $$
  select coalesce(bool_or(created_at >= p_since or ate between p_since and api.agora()), false)
    from (select created_at, ate from public.julia_status order by id desc limit 50) s
$$;

-- How long the doctor has waited for this reply, from the webhook of the oldest message that it
-- answers; how much of that was the quiet in which a burst is merged (`private.quiet_at`); and whether
-- something held it up on purpose. Null of what is not the first part of a reply.
create function private.reply_times(f public.fila_mensagens) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  v_since timestamptz;
  v_merging interval;
begin
  if f.kind <> 'reply' or f.part > 1 or f.turno_id is null then
    return null;
  end if;
  select min(coalesce(webhook_em, received_at)), sum(greatest(interval '0',
           least(next_at, private.quiet_at(received_at, first_at)) - received_at))
    into v_since, v_merging
    from (select webhook_em, received_at, min(received_at) over () as first_at,
                 lead(received_at) over (order by received_at) as next_at
            from public.interacoes where turno_id = f.turno_id and tipo = 'entrada') answered;
  return jsonb_build_object(
    'espera_ms', round(extract(epoch from v_merging) * 1000)::bigint,
    'idade_ms', round(extract(epoch from api.agora() - v_since) * 1000)::bigint,
    'retida', f.retida or private.paused_since(v_since));
end $$;

create function api.record_send(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_result text := private.need_word(p, 'result', 'enviada', 'nao_enviada', 'incerta');
  v_key text := nullif(p ->> 'provider_message_id', '');
  v_delay integer := private.need_int(p, 'start_delay_ms');
  v_motivo text := left(p ->> 'motivo', 200);
  e public.envios := private.lock_claim(private.need_uuid(p, 'claim_id'));
  f public.fila_mensagens;
  v_status text := 'registrada';
  v_retry interval;
begin
  update public.envios
     set start_delay_ms = coalesce(start_delay_ms, v_delay),
         late_start = late_start or v_delay > 2000,
         http_status = coalesce(http_status, (p ->> 'http_status')::smallint),
         motivo = coalesce(motivo, v_motivo)
   where claim_id = e.claim_id;
  select * into f from public.fila_mensagens where id = e.fila_id;

  if v_result = 'enviada' then
    if v_key is null and (select postado from public.regras_envio where kind = f.kind) then
      perform private.argument_missing('provider_message_id', 'non-empty text');
    end if;
    if e.status = 'enviado' then
      v_status := 'ja_resolvida';
    end if;
    if not private.bind_sent(e.claim_id, coalesce(v_key, 'canary:' || e.claim_id), 'answer') then
      -- Whatever its id was taken for: an answer means sent.
      perform private.mark_delivered(e.claim_id, null, 'answer');
    end if;
    perform private.learn_address(c.medico_id, c.instance, p ->> 'remote_jid')
       from public.conversations c where c.id = e.conversa_id;
  elsif e.status not in ('aberto', 'incerto') then
    v_status := 'ja_resolvida';
  elsif v_result = 'incerta' then
    if e.status = 'aberto' then
      perform private.doubt(e, v_motivo);
    end if;
  else
    update public.envios set status = 'nao_enviado', conta = false, resolved_at = api.agora()
     where claim_id = e.claim_id;
    if private.settle_by_earlier(f.id) then
      null;
    elsif coalesce((p ->> 'permanent')::boolean, false) then
      update public.fila_mensagens
         set status = 'erro', outcome = 'FAILED_VALIDATION', erro = v_motivo, reservado = false
       where id = f.id;
      perform private.fail_turn(f, 'falha_envio', 'A mensagem não pôde ser entregue pelo WhatsApp');
    else
      -- Certain not to have been sent: tried again until it expires, 2, 4, 8, then every 15 s.
      v_retry := least(interval '1 second' * power(2, least(f.tentativas, 4)), interval '15 seconds');
      perform private.back_to_pending(f.id, v_retry, v_motivo);
    end if;
    perform private.return_slot(e);
  end if;

  perform private.wake_pending(e.conversa_id) where v_retry is null;
  select * into f from public.fila_mensagens where id = e.fila_id;
  return jsonb_build_object('status', v_status, 'fila_status', f.status,
    'resposta', case when v_result = 'enviada' then private.reply_times(f) end,
    'mais', f.status not in ('processando', 'incerta') and private.has_pending(e.conversa_id),
    'retry_in_ms', ceil(extract(epoch from v_retry) * 1000)::bigint);
end $$;

-- Whether this attempt arrived must be found out, unless an earlier one did. The caller holds the
-- conversation's lock.
create function private.doubt(e public.envios, p_motivo text) returns void
language plpgsql set search_path = ''
as $$
begin
  update public.envios
     set status = 'incerto', next_check_at = deadline_at + interval '5 seconds',
         motivo = coalesce(motivo, p_motivo)
   where claim_id = e.claim_id;
  update public.fila_mensagens set status = 'incerta', erro = p_motivo where id = e.fila_id;
  perform private.settle_by_earlier(e.fila_id);
end $$;

create function api.due_doorbells(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_limit bigint := private.need_int(p, 'limit');
  v_now timestamptz := api.agora();
  v_paused boolean := private.paused();
  v_rows jsonb;
begin
  if not exists (select from public.fila_mensagens
                  where status = 'pendente' and next_ring_at <= v_now) then
    return jsonb_build_object('conversas', '[]'::jsonb);
  end if;
  with waiting as (
    select f.id, r.proativo, f.prioridade, f.next_ring_at, r.espaca,
           row_number() over (partition by f.instance, r.espaca
                              order by f.prioridade desc, f.next_ring_at) as n
      from public.fila_mensagens f
      join public.regras_envio r on r.kind = f.kind
      join public.whatsapp_instances w on w.instance = f.instance
     where f.status = 'pendente' and f.next_ring_at <= v_now
       and coalesce(f.agendar_para, v_now) <= v_now
       and not (v_paused and r.pausa)
       -- Before the number's next slot none can go but the one that has it.
       and not (r.espaca and coalesce(w.proximo_proativo_em > v_now, false)
                and f.espera is distinct from 'digitar')
       and not (r.pausa and private.paused_for(f.medico_id, f.instance, f.campanha_id))
  ), due as (
    select f.id from public.fila_mensagens f join waiting on waiting.id = f.id
     where f.status = 'pendente' and f.next_ring_at <= v_now
       -- For one slot only the first few are rung for.
       and not (waiting.espaca and waiting.n > 3)
     order by waiting.proativo, waiting.prioridade desc, waiting.next_ring_at
     limit v_limit for no key update of f skip locked
  ), rung as (
    update public.fila_mensagens f
       set ring_count = least(ring_count + 1, 100),
           next_ring_at = v_now + least(interval '2 seconds' * power(2, least(ring_count, 3)),
                                        interval '15 seconds')
      from due where due.id = f.id
    returning f.conversa_id, f.instance
  )
  select coalesce(jsonb_agg(distinct jsonb_build_object(
           'conversa_id', conversa_id, 'instance', instance)), '[]') into v_rows from rung;
  return jsonb_build_object('conversas', v_rows);
end $$;

create function api.expire_replies(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_limit bigint := private.need_int(p, 'limit');
  v_conversa record;
  c public.conversations;
  v_reply boolean;
  v_late public.fila_mensagens;
  v_done jsonb := '[]';
  v_held boolean;
  v_n integer := 0;
  v_n_held integer := 0;
begin
  if private.paused() then
    return jsonb_build_object('transferidas', 0, 'retidas', 0, 'conversas', v_done);
  end if;
  for v_conversa in
    select distinct conversa_id as id from public.fila_mensagens
     where status = 'pendente' and expira_em <= api.agora()
       and not private.paused_for(medico_id, instance, campanha_id)
     order by 1 limit v_limit
  loop
    perform 1 from public.conversations where id = v_conversa.id for no key update skip locked;
    continue when not found;
    select * into c from public.conversations where id = v_conversa.id;
    v_reply := false;
    v_held := false;
    for v_late in
      update public.fila_mensagens
         set status = 'cancelada', outcome = 'EXPIRED', reservado = false, next_ring_at = null,
             next_try_at = null
       where conversa_id = c.id and status = 'pendente' and expira_em <= api.agora()
         and not private.paused_for(medico_id, instance, campanha_id)
      returning *
    loop
      v_reply := v_reply or v_late.kind = 'reply';
      v_held := v_held or v_late.retida or private.paused_since(v_late.created_at);
      perform private.report_reminder(v_late, 'Não saiu até doze horas depois da hora marcada');
    end loop;
    continue when not v_reply;
    perform private.hand_over(c.id, 'resposta_vencida',
      'A resposta esperou mais de 30 minutos para sair', false);
    v_n := v_n + 1;
    v_n_held := v_n_held + v_held::integer;
    v_done := v_done || jsonb_build_object('conversa_id', c.id, 'instance', c.instance);
  end loop;
  return jsonb_build_object('transferidas', v_n, 'retidas', v_n_held, 'conversas', v_done);
end $$;

-- In how many seconds the oldest of what a number has sent leaves the window; null: nothing is in it.
create function private.frees_in_s(
  p_instance text, p_janela text, p_now timestamptz, p_post_timeout_s numeric)
returns numeric
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select extract(epoch from claimed_at + private.window_length(p_janela, p_post_timeout_s) - p_now)
      from public.envios
     where instance = p_instance and conta
       and claimed_at > private.window_start(p_now, p_janela, p_post_timeout_s)
     order by claimed_at limit 1);
end $$;

create function api.rate_usage(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_now timestamptz := api.agora();
  v_timeout numeric := coalesce((p ->> 'post_timeout_s')::numeric, 10);
begin
  return (
    select jsonb_build_object(
      'instances', coalesce(jsonb_agg(jsonb_build_object(
          'instance', w.instance, 'hora', u.hora, 'dia', u.dia,
          'hora_livre_s', private.frees_in_s(w.instance, 'hora', v_now, v_timeout),
          'dia_livre_s', private.frees_in_s(w.instance, 'dia', v_now, v_timeout))
        order by w.instance), '[]'),
      'hora', coalesce(sum(u.hora), 0), 'dia', coalesce(sum(u.dia), 0))
      from public.whatsapp_instances w
      cross join lateral private.used(w.instance, v_now, v_timeout) u);
end $$;

create function api.reset_ceiling(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
begin
  insert into public.tetos_reinicios (op_id, janela, por)
  values (private.need_uuid(p, 'op_id'), private.need_word(p, 'window', 'hora', 'dia'),
          private.need_text(p, 'por'))
  on conflict do nothing;
  return jsonb_build_object('status', 'reiniciado');
end $$;
