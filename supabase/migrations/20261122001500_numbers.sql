-- Our numbers: how much each may bear, what a sick one does, and which doctor has which.

-- Who decided what about a number, and when: nothing here is ever changed.
create table public.decisoes_numeros (
  id bigint generated always as identity primary key,
  instance text not null references public.whatsapp_instances,
  acao text not null check (acao in ('definir_numero', 'definir_saude', 'mover_medicos')),
  dados jsonb not null,
  por text not null check (por <> ''),
  created_at timestamptz not null default api.agora()
);
create index decisoes_numeros_instance_idx on public.decisoes_numeros (instance);

-- How much of its ceilings a number of this age may use for what we write of our own accord. Few
-- doctors at first, as many as ever after four weeks: WhatsApp bans new numbers that write at once.
create function private.warmup_share(p_since timestamptz, p_now timestamptz) returns numeric
language sql immutable
as $$
  select case when p_since is null then 1.0
              when p_now < p_since + interval '1 day' then 0.1
              when p_now < p_since + interval '3 days' then 0.2
              when p_now < p_since + interval '7 days' then 0.35
              when p_now < p_since + interval '14 days' then 0.5
              when p_now < p_since + interval '21 days' then 0.7
              when p_now < p_since + interval '28 days' then 0.85
              else 1.0 end
$$;

-- The same, with its health: from 0 to 1.
create function private.number_share(w public.whatsapp_instances, p_now timestamptz)
returns numeric
language sql stable set search_path = ''
as $$
  select private.warmup_share(w.aquecimento_desde, p_now)
       * case w.saude when 'boa' then 1 when 'lenta' then 0.5 else 0 end
$$;

-- Why this number may not send this kind now, and when to look again; no motivo: it may.
-- A parked number still answers who wrote to it, and reminds who asked for it; a disconnected or banned
-- one can do nothing.
-- Looked at again at the latest then: what heals a number rings for what waits.
create function private.number_gate(
  w public.whatsapp_instances, r public.regras_envio, p_now timestamptz,
  out motivo text, out outcome text, out retry interval)
language plpgsql stable set search_path = ''
as $$
begin
  if not r.postado then
    return;
  elsif w.saude = 'banida' then
    motivo := 'numero_banido';
    outcome := 'FAILED_BANNED';
    retry := interval '10 minutes';
  elsif w.state = 'connecting' then
    motivo := 'numero_conectando';
    outcome := 'FAILED_NO_CAPACITY';
    retry := interval '5 seconds';
  elsif w.state in ('close', 'refused') then
    motivo := 'numero_parado';
    outcome := 'FAILED_NO_CAPACITY';
    retry := interval '30 seconds';
  elsif r.espaca and w.saude = 'parada' then
    motivo := 'numero_parado';
    outcome := 'FAILED_NO_CAPACITY';
    retry := interval '10 minutes';
  end if;
end $$;

-- The number by which we write to this doctor: a doctor stays with one. Null: none may take doctors.
-- `p_doctors`: how many each has, where the caller has counted them.
create function private.number_for(p_medico uuid, p_doctors jsonb default null) returns text
language plpgsql set search_path = ''
as $$
declare
  v_now timestamptz := api.agora();
  v_instance text := (select instance from public.medicos where id = p_medico);
begin
  if v_instance is not null then
    return v_instance;
  end if;
  select c.instance into v_instance from public.conversations c
   where c.medico_id = p_medico
   order by c.last_message_at desc nulls last, c.created_at desc limit 1;
  if not found then
    select w.instance into v_instance
      from public.whatsapp_instances w
     where w.recebe_medicos and w.state in ('open', 'unknown')
       and private.number_share(w, v_now) > 0
     order by coalesce((p_doctors ->> w.instance)::bigint,
                       (select count(*) from public.medicos m where m.instance = w.instance))
              / private.number_share(w, v_now), w.instance
     limit 1;
    if not found then
      return null;
    end if;
  end if;
  -- Two at once: the first one's choice stands.
  update public.medicos set instance = v_instance where id = p_medico and instance is null;
  return (select instance from public.medicos where id = p_medico);
end $$;

-- Refusals that were no fault of the message; they count towards no ceiling.
create index envios_recusados on public.envios (instance, claimed_at)
  where status = 'nao_enviado' and http_status in (401, 404);

-- What the last 24 hours say of a number: attempts, not parts, so that the index of ceilings serves.
create function private.number_measures(p_instance text, p_now timestamptz,
  out enviadas bigint, out entregues bigint, out recusadas bigint, out erros bigint)
language plpgsql stable set search_path = ''
as $$
begin
  select count(*) filter (where a.antiga),
         count(*) filter (where a.antiga and a.ack in ('DELIVERY_ACK', 'READ', 'PLAYED')),
         count(*) filter (where a.antiga and a.ack = 'ERROR'),
         -- Refused by WhatsApp, or an error of Evolution's own or none of its answers at all, after
         -- which nothing arrived. A proxy (502) says nothing of the number, nor does an attempt that
         -- nobody reported (no start_delay_ms): whoever made it died.
         count(*) filter (where a.ack = 'ERROR'
           or a.status in ('incerto', 'nao_confirmado') and a.http_status in (400, 500)
           or a.status = 'nao_confirmado' and a.http_status is null and a.start_delay_ms is not null)
         -- Evolution does not know the number, or us.
         + (select count(*) from public.envios e
             where e.instance = p_instance and e.claimed_at > p_now - interval '24 hours'
               and e.status = 'nao_enviado' and e.http_status in (401, 404))
    into enviadas, entregues, recusadas, erros
    from (select e.status, e.http_status, e.start_delay_ms,
                 case when e.status = 'enviado' then f.ack_status end as ack,
                 -- An ack takes its time.
                 e.status = 'enviado' and f.claim_id = e.claim_id
                   and e.claimed_at <= p_now - interval '10 minutes' as antiga
            from public.envios e join public.fila_mensagens f on f.id = e.fila_id
           where e.instance = p_instance and e.conta
             and e.claimed_at > p_now - interval '24 hours') a;
end $$;

-- How ill the measures say that a number is, from 0 (well) to 3, and by which of them. Shares of
-- fewer than twenty sends mean nothing, nor does what was not delivered where no ack ever comes.
create function private.number_level(
  p_enviadas bigint, p_entregues bigint, p_recusadas bigint, p_erros bigint, p_acks boolean,
  out nivel integer, out motivo text)
language plpgsql immutable set search_path = ''
as $$
declare
  v_recusadas numeric := case when p_enviadas >= 20 then 100.0 * p_recusadas / p_enviadas else 0 end;
  v_entregues numeric := case when p_enviadas >= 20 and p_acks
                              then 100.0 * p_entregues / p_enviadas else 100 end;
begin
  select t.n, t.porque into nivel, motivo
    from (values
      (width_bucket(v_recusadas, array[5, 10, 20]::numeric[]),
       format('%s%% das mensagens recusadas em 24 horas', round(v_recusadas))),
      (3 - width_bucket(v_entregues, array[60, 80, 90]::numeric[]),
       format('só %s%% das mensagens entregues em 24 horas', round(v_entregues))),
      (width_bucket(p_erros, array[3, 5, 10]::bigint[]),
       format('%s erros de envio em 24 horas', p_erros))) t (n, porque)
   order by t.n desc limit 1;
end $$;

-- Whether WhatsApp itself shut the number out; 401 is a phone that unlinked us.
create function private.is_shut_out(w public.whatsapp_instances) returns boolean
language sql immutable
as $$ select w.state = 'close' and coalesce(w.state_reason in (402, 403, 406), false) $$;

-- What the number's health should be by its connection and its measures, and why. It falls at once
-- and rises by one step an hour: slowed from level 1, parked at level 3, slowed again below level 2.
create function private.judge_number(
  w public.whatsapp_instances, p_now timestamptz, p_nivel integer, p_motivo text,
  out saude text, out motivo text)
language plpgsql stable set search_path = ''
as $$
declare
  v_rested boolean := coalesce(w.saude_desde <= p_now - interval '1 hour', true);
begin
  if private.is_shut_out(w) then
    saude := 'banida';
    motivo := format('o WhatsApp bloqueou o número (código %s)', w.state_reason);
  elsif w.saude = 'banida' then
    saude := case when w.state = 'open' then 'lenta' else 'banida' end;
    motivo := 'voltou de um bloqueio do WhatsApp';
  elsif w.state in ('close', 'refused') and w.state_at <= p_now - interval '2 minutes'
     or w.state = 'connecting' and w.state_at <= p_now - interval '5 minutes' then
    saude := 'parada';
    motivo := 'desconectado';
  elsif p_nivel = 3 then
    saude := 'parada';
    motivo := p_motivo;
  elsif w.saude = 'parada' and w.saude_motivo = 'desconectado' then
    -- What was cut off is, when it is back, as well as its measures say.
    saude := case when w.state not in ('open', 'unknown') then 'parada'
                  when p_nivel > 0 then 'lenta' else 'boa' end;
    motivo := case when p_nivel > 0 then p_motivo else 'conectado de novo' end;
  elsif w.saude = 'parada' then
    saude := case when p_nivel < 2 and v_rested then 'lenta' else 'parada' end;
    motivo := 'em recuperação';
  elsif w.saude = 'lenta' then
    saude := case when p_nivel = 0 and v_rested then 'boa' else 'lenta' end;
    motivo := 'recuperado';
  else
    saude := case when p_nivel > 0 then 'lenta' else 'boa' end;
    motivo := p_motivo;
  end if;
end $$;

-- Rings within ten seconds for what the number held up. Skips what others hold: it rings by itself.
create function private.wake_number(p_instance text) returns void
language sql volatile set search_path = ''
as $$
  update public.fila_mensagens
     set next_ring_at = least(next_ring_at, api.agora() + random() * interval '10 seconds'),
         ring_count = 0
   where id in (select id from public.fila_mensagens
                 where instance = p_instance and status = 'pendente'
                   and espera in ('numero_conectando', 'numero_parado', 'numero_banido')
                   for no key update skip locked)
$$;

-- Sets a number's health, unless it is not any more as `w` says, and tells managers. True if it did.
create function private.set_health(w public.whatsapp_instances, p_saude text, p_motivo text)
returns boolean
language plpgsql set search_path = ''
as $$
declare
  v_order text[] := array['banida', 'parada', 'lenta', 'boa'];
  v_better boolean := array_position(v_order, p_saude) > array_position(v_order, w.saude);
begin
  update public.whatsapp_instances n
     set saude = p_saude, saude_motivo = p_motivo, saude_desde = api.agora(),
         -- A number that WhatsApp let back in is watched like a new one.
         aquecimento_desde = case when w.saude = 'banida' then api.agora()
                                  else n.aquecimento_desde end
   where instance = w.instance and saude = w.saude
     and saude_por is not distinct from w.saude_por and p_saude <> w.saude;
  if not found then
    return false;
  end if;
  perform private.notify_managers(
    case when v_better then 'numero_recuperado' else 'numero_doente' end, null, null,
    jsonb_build_object(
      'instance', w.instance, 'antes', w.saude, 'depois', p_saude, 'motivo', p_motivo,
      'por', w.saude_por,
      'medicos', (select count(*) from public.medicos where instance = w.instance)));
  if v_better then
    perform private.wake_number(w.instance);
  end if;
  return true;
end $$;

-- A state said again changes no time and loses no reason; the first connection starts the warm-up.
create function private.numbers_before_state() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.state = old.state then
    new.state_at := coalesce(old.state_at, new.state_at);
    new.state_reason := coalesce(new.state_reason, old.state_reason);
  elsif new.state = 'open' and old.first_connected_at is null and not new.antigo
        -- What brought messages before we heard of it was connected before Julia came.
        and private.first_heard(new.instance) is null then
    new.aquecimento_desde := coalesce(new.aquecimento_desde, api.agora());
    perform private.notify_managers('numero_novo', null, null,
                                    jsonb_build_object('instance', new.instance));
  end if;
  return new;
end $$;

create trigger numbers_before_state before update of state on public.whatsapp_instances
for each row execute function private.numbers_before_state();

-- A ban, and its end, wait for nobody's minute.
create function private.numbers_after_state() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  j record;
begin
  if new.saude_por is null and (new.saude = 'banida' or private.is_shut_out(new)) then
    j := private.judge_number(new, api.agora(), 0, null);
    perform private.set_health(new, j.saude, j.motivo);
  end if;
  if new.state = 'open' then
    perform private.wake_number(new.instance);
  end if;
  return null;
end $$;

create trigger numbers_after_state after update of state on public.whatsapp_instances
for each row when (new.state <> old.state)
execute function private.numbers_after_state();

-- Whether acks come at all: of some number, in the last 24 hours.
create function private.acks_come(p_now timestamptz) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return exists (
    select from public.whatsapp_instances w
      join public.envios e on e.instance = w.instance and e.conta
       and e.claimed_at > p_now - interval '24 hours'
      join public.fila_mensagens f on f.id = e.fila_id
     where f.ack_status is not null);
end $$;

-- Judges a number, unless a person has decided on it. True if its health changed.
create function private.assess_number(
  w public.whatsapp_instances, p_now timestamptz, p_acks boolean)
returns boolean
language plpgsql set search_path = ''
as $$
declare
  u record := private.number_measures(w.instance, p_now);
  l record := private.number_level(u.enviadas, u.entregues, u.recusadas, u.erros, p_acks);
  j record := private.judge_number(w, p_now, l.nivel, l.motivo);
begin
  return w.saude_por is null and private.set_health(w, j.saude, j.motivo);
end $$;

-- Locks the numbers that change, in the order of their names.
create function api.assess_numbers(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_now timestamptz := api.agora();
  v_acks boolean := private.acks_come(v_now);
  w public.whatsapp_instances;
  v_changed integer := 0;
begin
  for w in select * from public.whatsapp_instances order by instance loop
    v_changed := v_changed + private.assess_number(w, v_now, v_acks)::integer;
  end loop;
  return jsonb_build_object('mudancas', v_changed);
end $$;

create function api.list_numbers(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
  select jsonb_build_object('numeros', coalesce(jsonb_agg(jsonb_build_object(
      'instance', w.instance, 'state', w.state, 'saude', w.saude, 'motivo', w.saude_motivo,
      'por', w.saude_por, 'parcela', private.number_share(w, api.agora()), 'enviadas', u.enviadas,
      'entregues', u.entregues, 'recusadas', u.recusadas, 'erros', u.erros) order by w.instance),
    '[]'))
    from public.whatsapp_instances w
    cross join lateral private.number_measures(w.instance, api.agora()) u
$$;

-- The number that a person named, who may have mistyped it.
create function private.need_number(p jsonb, field text) returns text
language plpgsql stable set search_path = ''
as $$
declare
  v_instance text := private.need_text(p, field);
begin
  if not exists (select from public.whatsapp_instances where instance = v_instance) then
    raise exception 'argument %: o número "%" não existe; os que existem: %', field, v_instance,
      (select string_agg(instance, ', ' order by instance) from public.whatsapp_instances)
      using errcode = 'P0002', hint = 'Um número novo é declarado com api.definir_numero.';
  end if;
  return v_instance;
end $$;

create function private.note_decision(p_instance text, p_acao text, p jsonb) returns void
language sql volatile set search_path = ''
as $$
  insert into public.decisoes_numeros (instance, acao, dados, por)
  values (p_instance, p_acao, p - 'por', private.need_text(p, 'por'))
$$;

-- Declares a number: an old one needs no warming up; one that takes no doctors keeps those it has.
create function api.definir_numero(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_instance text := private.need_text(p, 'instance');
  v_old boolean := (p ->> 'antigo')::boolean;
  w public.whatsapp_instances;
begin
  perform private.ensure_instance(v_instance);
  perform private.note_decision(v_instance, 'definir_numero', p);
  update public.whatsapp_instances
     set antigo = coalesce(v_old, antigo),
         recebe_medicos = coalesce((p ->> 'recebe_medicos')::boolean, recebe_medicos),
         aquecimento_desde = case
           when v_old then null
           when not v_old and first_connected_at is not null
             then coalesce(aquecimento_desde, api.agora())
           else aquecimento_desde end
   where instance = v_instance returning * into w;
  return jsonb_build_object('status', 'definido', 'instance', w.instance, 'antigo', w.antigo,
    'recebe_medicos', w.recebe_medicos, 'aquecimento_desde', w.aquecimento_desde);
end $$;

-- A person's word on a number's health stands until it is withdrawn (`automatica`).
create function api.definir_saude(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_saude text := private.need_word(p, 'saude', 'boa', 'lenta', 'parada', 'banida', 'automatica');
  v_motivo text := private.need_text(p, 'motivo');
  v_instance text := private.need_number(p, 'instance');
  w public.whatsapp_instances;
begin
  perform private.note_decision(v_instance, 'definir_saude', p);
  if v_saude = 'automatica' then
    update public.whatsapp_instances set saude_por = null where instance = v_instance
    returning * into w;
    perform private.assess_number(w, api.agora(), private.acks_come(api.agora()));
  else
    update public.whatsapp_instances set saude_por = p ->> 'por', saude_motivo = v_motivo
     where instance = v_instance returning * into w;
    perform private.set_health(w, v_saude, v_motivo);
  end if;
  select * into w from public.whatsapp_instances where instance = v_instance;
  return jsonb_build_object('status', 'definida', 'instance', w.instance, 'saude', w.saude,
                            'motivo', w.saude_motivo, 'por', w.saude_por);
end $$;

-- What waits to be written to the doctor of our own accord goes to the conversation on the new number.
-- Where a person has that one, it is the person's to say, as if they had taken it over just now.
create function private.move_pending(p_medico uuid, p_de text, p_para text) returns integer
language plpgsql set search_path = ''
as $$
declare
  c public.conversations;
  v_reminder public.fila_mensagens;
  n integer;
begin
  if not exists (select from public.fila_mensagens f join public.regras_envio r on r.kind = f.kind
                  where f.medico_id = p_medico and f.instance = p_de and f.status = 'pendente'
                    and r.proativo and f.tentativas = 0) then
    return 0;
  end if;
  insert into public.conversations (medico_id, instance) values (p_medico, p_para)
  on conflict (medico_id, instance) where status in ('active', 'paused', 'escalated') do nothing;
  select * into c from public.conversations
   where medico_id = p_medico and instance = p_para and status in ('active', 'paused', 'escalated');
  with moved as (
    select f.id, dense_rank() over (order by f.conversa_id, f.turn_seq) as n
      from public.fila_mensagens f join public.regras_envio r on r.kind = f.kind
     where f.medico_id = p_medico and f.instance = p_de and f.status = 'pendente'
       and r.proativo and f.tentativas = 0
  )
  update public.fila_mensagens f
     set conversa_id = c.id, instance = p_para, turn_seq = c.turn_seq + moved.n, reservado = false,
         control_epoch = c.control_epoch, ring_count = 0,
         next_ring_at = coalesce(f.agendar_para, api.agora()) + random() * interval '10 seconds'
    from moved where moved.id = f.id;
  get diagnostics n = row_count;
  update public.conversations
     set turn_seq = (select max(turn_seq) from public.fila_mensagens where conversa_id = c.id)
   where id = c.id;
  if c.controlled_by = 'human' then
    for v_reminder in
      select * from public.fila_mensagens
       where conversa_id = c.id and status = 'pendente' and kind = 'lembrete'
       order by agendar_para
    loop
      perform private.cancel_part(v_reminder.id, 'BLOCKED_HUMAN_CONTROL');
      perform private.report_reminder(v_reminder, format(
        'O médico passou para o número %s, em que uma pessoa cuida da conversa', p_para));
    end loop;
  end if;
  return n;
end $$;

-- Refuses, with the reason, a number by which its doctors could not be written to.
create function private.need_fit_number(p jsonb, field text) returns text
language plpgsql stable set search_path = ''
as $$
declare
  w public.whatsapp_instances;
begin
  select * into w from public.whatsapp_instances where instance = private.need_number(p, field);
  if w.saude in ('banida', 'parada') or w.state not in ('open', 'unknown') then
    raise exception 'argument %: o número "%" não pode receber médicos agora: conexão %, saúde %',
      field, w.instance, w.state, w.saude || coalesce(' (' || w.saude_motivo || ')', '')
      using errcode = '22023',
            hint = 'Escolha outro (api.list_numbers mostra todos) ou espere até que volte.';
  end if;
  return w.instance;
end $$;

-- Doctors of one number get another, so many at a time. Whom WhatsApp knows by no phone stays, and so
-- does, for this time, who is being written to right now, or of whom it is not known yet whether the
-- last message arrived. Who writes to the old number is answered there.
create function api.mover_medicos(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_de text := private.need_number(p, 'de');
  v_para text := private.need_fit_number(p, 'para');
  v_limite bigint := case when p ? 'limite' then private.need_int(p, 'limite') else 200 end;
  v_medico uuid;
  v_locked integer;
  v_moved integer := 0;
  v_parts integer := 0;
begin
  if v_de = v_para then
    raise exception 'argument para: é o mesmo número que "de" (%)', v_de using errcode = '22023';
  end if;
  for v_medico in
    select id from public.medicos
     where instance = v_de and telefone is not null order by id
  loop
    -- Those who stay for this time must not use up the limit.
    exit when v_moved >= v_limite;
    perform 1 from public.conversations where medico_id = v_medico
      order by id for no key update skip locked;
    get diagnostics v_locked = row_count;
    continue when v_locked < (select count(*) from public.conversations where medico_id = v_medico);
    continue when exists (select from public.fila_mensagens
                           where medico_id = v_medico and status in ('processando', 'incerta'));
    update public.medicos set instance = v_para
     where id = (select id from public.medicos where id = v_medico and instance = v_de
                    for no key update skip locked);
    continue when not found;
    v_moved := v_moved + 1;
    v_parts := v_parts + private.move_pending(v_medico, v_de, v_para);
  end loop;
  perform private.note_decision(v_de, 'mover_medicos', p || jsonb_build_object('movidos', v_moved));
  return jsonb_build_object('status', 'movidos', 'movidos', v_moved, 'mensagens', v_parts,
    'restam', (select count(*) from public.medicos where instance = v_de and telefone is not null),
    'sem_telefone', (select count(*) from public.medicos where instance = v_de and telefone is null));
end $$;

-- Tables that came after the general rule: nobody reaches them over the network.
alter table public.decisoes_numeros enable row level security;
revoke all on public.decisoes_numeros from anon, authenticated, service_role;
revoke all on all sequences in schema public from anon, authenticated, service_role;
