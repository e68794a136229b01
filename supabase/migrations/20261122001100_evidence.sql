-- What is not known to be unsent is uncertain, and is settled from evidence or by a person.

-- A file without words is known by its bytes alone, which may have been recoded on their way.
create function private.is_bare_file(f public.fila_mensagens) returns boolean
language sql immutable set search_path = ''
as $$ select f.anexo is not null and btrim(f.conteudo, E' \n\r\t') = '' $$;

-- An echo of ours is bound; anything else that left our number was typed by a person.
create function api.record_sent_event(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_instance text := private.need_text(p, 'instance');
  v_key text := private.need_text(p, 'key_id');
  v_source text := private.need_word(p, 'source', 'send.message', 'messages.upsert', 'catchup');
  v_hash text := private.need_text(p, 'text_hash');
  v_provider_at timestamptz := private.need_time(p, 'provider_at');
  v_identities jsonb := coalesce(nullif(p -> 'identities', 'null'), '[]');
  v_bare_file boolean := p ->> 'text' = '' and p ->> 'tipo_conteudo' <> 'texto';
  v_contacts uuid[] := '{}';
  v_known public.sent_ids;
  v_certain uuid[];
  v_possible uuid[];
  v_open boolean;
  v_claim uuid;
  e public.envios;
  c public.conversations;
  v_now timestamptz;
  v_connected timestamptz;
  v_id bigint;
begin
  select * into v_known from public.sent_ids where instance = v_instance and key_id = v_key;
  if found then
    return jsonb_build_object('status', 'conhecida', 'doorbell', false);
  end if;
  if v_identities <> '[]' then
    v_contacts := private.contacts_of(v_instance, private.need_identities(p));
  end if;

  -- Attempts with these words that lack an id; first the one that had begun last when the message
  -- left (provider times are whole seconds): an earlier one would have left earlier.
  with attempts as (
    select s.claim_id, s.status in ('aberto', 'incerto') as open, k.medico_id = any (v_contacts) as certain,
           row_number() over (order by s.claimed_at > v_provider_at + interval '1 second',
                                       s.claimed_at desc) as n
      from public.envios s join public.conversations k on k.id = s.conversa_id
     where s.instance = v_instance and s.text_hash = v_hash and s.provider_message_id is null
       and (s.status in ('aberto', 'incerto', 'nao_confirmado')
            -- What was certainly not sent can only have left at once.
            or s.status = 'nao_enviado' and s.deadline_at > v_provider_at)
       and s.claimed_at between v_provider_at - interval '1 hour' and v_provider_at + interval '5 seconds'
       and (k.medico_id = any (v_contacts)
            or not private.is_somebody_else(k.medico_id, v_instance, v_identities, v_contacts))
  )
  select coalesce(array_agg(claim_id order by open desc, n) filter (where certain), '{}'),
         coalesce(array_agg(claim_id order by n) filter (where not certain), '{}'),
         coalesce(bool_or(open) filter (where not certain), false)
    into v_certain, v_possible, v_open
    from attempts;
  v_claim := case
    when not v_open and v_certain <> '{}' then v_certain[1]
    when cardinality(v_possible) = 1 and (not v_open or v_contacts = '{}') then v_possible[1] end;
  if v_claim is not null then
    e := private.lock_claim(v_claim);
    if e.provider_message_id is null and private.bind_sent(e.claim_id, v_key, v_source) then
      return jsonb_build_object('status', 'vinculada', 'conversa_id', e.conversa_id,
                                'doorbell', private.wake_pending(e.conversa_id));
    end if;
  end if;
  -- Whose it is, the answer to the attempt will tell.
  if v_claim is not null or v_open then
    return jsonb_build_object('status', 'aguardar', 'retry_in_ms', 500, 'doorbell', false);
  end if;
  if v_identities = '[]' then
    return jsonb_build_object('status', 'ignorada', 'doorbell', false);
  end if;

  c := private.open_conversation(v_instance, v_identities, null, false);
  -- A claim or its record may have held the conversation while we waited for it.
  if exists (select from public.sent_ids where instance = v_instance and key_id = v_key)
     or exists (select from public.envios s join public.fila_mensagens f on f.id = s.fila_id
                 where s.conversa_id = c.id and s.provider_message_id is null
                   and (s.text_hash = v_hash or v_bare_file and private.is_bare_file(f))
                   -- Evolution's clock may be behind ours: while a POST of these words to this very
                   -- contact runs, its answer is waited for whatever the time says.
                   and (s.status = 'aberto' or s.status in ('incerto', 'nao_confirmado')
                        and s.claimed_at between v_provider_at - interval '1 hour'
                                             and v_provider_at + interval '5 seconds')) then
    return jsonb_build_object('status', 'aguardar', 'retry_in_ms', 500, 'doorbell', false);
  end if;
  v_now := api.agora();
  select first_connected_at into v_connected from public.whatsapp_instances where instance = v_instance;
  insert into public.inbox_keys (instance, key_id, conversa_id)
  values (v_instance, v_key, c.id) on conflict do nothing;
  if not found then
    return jsonb_build_object('status', 'conhecida', 'conversa_id', c.id, 'doorbell', false);
  end if;
  insert into public.interacoes
    (medico_id, conversa_id, instance, tipo, autor_tipo, tipo_conteudo, conteudo, key_id,
     provider_at, received_at, situacao, origem)
  values (c.medico_id, c.id, v_instance, 'saida', 'gestor', coalesce(p ->> 'tipo_conteudo', 'texto'),
          coalesce(p ->> 'text', ''), v_key, v_provider_at, v_now, 'enviada', v_source)
  returning id into v_id;
  update public.inbox_keys set interacao_id = v_id where instance = v_instance and key_id = v_key;
  update public.conversations
     set message_count = message_count + 1, last_message_at = greatest(last_message_at, v_provider_at)
   where id = c.id;
  if v_provider_at < v_now - interval '24 hours' or v_provider_at < v_connected - interval '1 minute' then
    return jsonb_build_object('status', 'ignorada', 'conversa_id', c.id, 'doorbell', false);
  end if;
  perform private.hand_over(c.id, 'manual', 'Uma pessoa escreveu pelo número da empresa', false, 'whatsapp');
  return jsonb_build_object('status', 'assumida', 'conversa_id', c.id,
                            'doorbell', private.has_pending(c.id));
end $$;

create function private.ack_rank(p_status text) returns integer
language sql immutable set search_path = ''
as $$ select array_position(
  array['PENDING', 'ERROR', 'SERVER_ACK', 'DELIVERY_ACK', 'READ', 'PLAYED'], p_status) $$;

-- Acks of ids that no send of ours has yet: WhatsApp may be faster than the record of a send, and is
-- when its answer was lost. Kept for a day; those of what a person typed wait in vain.
create table public.acks_adiantados (
  instance text not null,
  key_id text not null,
  status text not null,
  received_at timestamptz not null,
  primary key (instance, key_id)
);
create index acks_adiantados_idade on public.acks_adiantados (received_at);

-- Whoever brings an ack and whoever binds its id see each other.
create function private.lock_ack(p_instance text, p_key text) returns void
language sql volatile set search_path = ''
as $$ select pg_advisory_xact_lock(hashtext('ack'), hashtext(p_instance || ' ' || p_key)) $$;

create function private.apply_ack(p_fila uuid, p_status text, p_at timestamptz) returns void
language sql volatile set search_path = ''
as $$
  update public.fila_mensagens set ack_status = p_status, ack_at = p_at
   where id = p_fila
     and (ack_status is null or private.ack_rank(p_status) > private.ack_rank(ack_status))
$$;

-- What had been acked of an id before it was known to be this part's. The caller holds `lock_ack`.
create function private.take_early_ack(p_instance text, p_key text, p_fila uuid) returns void
language plpgsql set search_path = ''
as $$
declare
  a public.acks_adiantados;
begin
  delete from public.acks_adiantados where instance = p_instance and key_id = p_key returning * into a;
  if found then
    perform private.apply_ack(p_fila, a.status, a.received_at);
  end if;
end $$;

create function api.record_ack(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_instance text := private.need_text(p, 'instance');
  v_key text := private.need_text(p, 'key_id');
  v_status text := private.need_word(p, 'status',
    'ERROR', 'PENDING', 'SERVER_ACK', 'DELIVERY_ACK', 'READ', 'PLAYED');
  v_fila uuid;
begin
  perform private.lock_ack(v_instance, v_key);
  select fila_id into v_fila from public.sent_ids where instance = v_instance and key_id = v_key;
  if not found then
    delete from public.acks_adiantados where (instance, key_id) in (
      select instance, key_id from public.acks_adiantados
       where received_at < api.agora() - interval '1 day' limit 10 for update skip locked);
    insert into public.acks_adiantados as a (instance, key_id, status, received_at)
    values (v_instance, v_key, v_status, api.agora())
    on conflict (instance, key_id) do update set status = excluded.status
     where private.ack_rank(excluded.status) > private.ack_rank(a.status);
    return jsonb_build_object('status', 'desconhecida', 'doorbell', false);
  end if;
  perform private.apply_ack(v_fila, v_status, api.agora());
  return jsonb_build_object('status', 'registrado', 'doorbell', false);
end $$;

create function api.uncertain_sends(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_limit bigint := private.need_int(p, 'limit');
  v_now timestamptz := api.agora();
  x record;
  e public.envios;
  v_rows jsonb;
begin
  -- Unrecorded after its time: the dispatcher that claimed it has died.
  for x in
    select s.claim_id, s.conversa_id, r.postado
      from public.envios s
      join public.fila_mensagens f on f.id = s.fila_id
      join public.regras_envio r on r.kind = f.kind
     where s.status = 'aberto' and s.deadline_at <= v_now order by s.deadline_at limit v_limit
  loop
    perform 1 from public.conversations where id = x.conversa_id for no key update skip locked;
    continue when not found;
    select * into e from public.envios where claim_id = x.claim_id;
    continue when e.status <> 'aberto';
    if x.postado then
      perform private.doubt(e, 'sem registro do envio');
    else
      update public.envios set status = 'nao_enviado', resolved_at = v_now where claim_id = e.claim_id;
      perform private.back_to_pending(e.fila_id, interval '0', null);
    end if;
  end loop;

  with due as (
    select claim_id from public.envios where status = 'incerto' and next_check_at <= v_now
     order by next_check_at limit v_limit for no key update skip locked
  ), lent as (
    update public.envios s set next_check_at = v_now + interval '5 seconds', checks = checks + 1
      from due where due.claim_id = s.claim_id returning s.*
  )
  select coalesce(jsonb_agg(jsonb_build_object(
      'claim_id', l.claim_id, 'fila_id', l.fila_id, 'conversa_id', l.conversa_id,
      'instance', l.instance, 'destino', private.destination(c), 'text_hash', l.text_hash,
      'claimed_at', l.claimed_at, 'post_ended_by', l.deadline_at,
      'checks', l.checks, 'negativas', l.negativas, 'traceparent', f.traceparent,
      'last_known_key_id', k.key_id, 'last_known_at', k.bound_at,
      'bound_key_ids', coalesce((
        select jsonb_agg(b.key_id) from public.sent_ids b join public.envios o on o.claim_id = b.claim_id
         where b.instance = l.instance and o.text_hash = l.text_hash
           and b.bound_at > l.claimed_at - interval '10 minutes'), '[]'))
      order by l.claimed_at), '[]')
    into v_rows
    from lent l join public.conversations c on c.id = l.conversa_id
    join public.fila_mensagens f on f.id = l.fila_id
    -- The last message known to have left by this number: can it be found at all?
    left join lateral (
      select s.key_id, s.bound_at from public.sent_ids s
       where s.instance = l.instance and s.key_id not like 'canary:%'
       order by s.bound_at desc limit 1) k on true;
  return jsonb_build_object('sends', v_rows);
end $$;

create function private.park(f public.fila_mensagens) returns void
language plpgsql set search_path = ''
as $$
begin
  update public.fila_mensagens
     set status = 'estacionada', outcome = 'PARKED', reservado = false where id = f.id;
  -- Each attempt that is parked asks for a decision of its own.
  perform private.notify_managers('envio_estacionado', c, f.claim_id, jsonb_build_object(
            'fila_id', f.id, 'kind', f.kind, 'part', f.part, 'instance', c.instance,
            'tentativa', f.tentativas, 'tentado_em', f.processando_desde))
     from public.conversations c where c.id = f.conversa_id;
  perform private.fail_turn(f, 'envio_incerto',
    'Não foi possível saber se uma mensagem chegou; confira antes de continuar');
end $$;

create function api.settle_send(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_evidence text := private.need_word(p, 'evidence', 'positiva', 'negativa', 'nenhuma');
  v_strict boolean := coalesce((p ->> 'strict')::boolean, false);
  v_reachable boolean := coalesce((p ->> 'reachable')::boolean, true);
  v_contacts uuid[] := '{}';
  e public.envios := private.lock_claim(private.need_uuid(p, 'claim_id'));
  f public.fila_mensagens;
  c public.conversations;
  v_now timestamptz := api.agora();
  v_status text := 'aguardar';
  v_next interval := interval '5 seconds';
  v_give_up boolean := v_now > e.claimed_at + case when v_reachable then interval '90 seconds'
                                                   else interval '15 minutes' end;
begin
  select * into f from public.fila_mensagens where id = e.fila_id;
  select * into c from public.conversations where id = e.conversa_id;
  if e.status not in ('incerto', 'nao_confirmado') or f.status not in ('incerta', 'estacionada')
     or f.claim_id is distinct from e.claim_id then
    return jsonb_build_object('status', 'ja_resolvida', 'conversa_id', c.id,
                              'instance', c.instance, 'doorbell', false);
  end if;

  if v_evidence = 'positiva' then
    if jsonb_typeof(p -> 'identities') = 'array' and jsonb_array_length(p -> 'identities') > 0 then
      v_contacts := private.contacts_of(e.instance, private.need_identities(p));
    end if;
    -- The same words to another doctor prove nothing about this one.
    if private.is_somebody_else(c.medico_id, e.instance, p -> 'identities', v_contacts) then
      v_status := 'outro_contato';
    elsif not c.medico_id = any (v_contacts) and exists (
      select from public.envios o join public.conversations k on k.id = o.conversa_id
       where k.medico_id = any (v_contacts) and o.instance = e.instance
         and o.text_hash = e.text_hash and o.provider_message_id is null
         and o.status in ('aberto', 'incerto')) then
      -- It may as well be that other attempt's: its answer will tell, or a person.
      v_status := case when v_give_up then 'estacionada' else 'aguardar' end;
    elsif private.bind_sent(e.claim_id, private.need_text(p, 'provider_message_id'), 'findMessages') then
      v_status := 'enviada';
    else
      v_status := 'id_de_outro';
    end if;
  elsif f.status = 'estacionada' then
    v_status := 'estacionada';
  elsif v_evidence = 'negativa' and v_now >= e.deadline_at + interval '5 seconds' then
    if e.negativa_em is null then
      update public.envios set negativas = 1, negativa_em = v_now where claim_id = e.claim_id;
      v_next := interval '30 seconds';
    elsif v_now < e.negativa_em + interval '30 seconds' then
      v_next := e.negativa_em + interval '30 seconds' - v_now;
    elsif v_strict or f.reenvios >= 1 or private.is_bare_file(f) then
      v_status := 'estacionada';
    else
      -- The first attempt goes on counting: it may yet arrive.
      update public.envios set status = 'nao_confirmado', negativas = 2, resolved_at = v_now
       where claim_id = e.claim_id;
      update public.fila_mensagens set reenvios = reenvios + 1 where id = f.id;
      perform private.back_to_pending(f.id, interval '0', 'reenvio após duas verificações');
      v_status := 'reenviar';
    end if;
  elsif v_give_up then
    v_status := 'estacionada';
  end if;

  if v_status = 'estacionada' and f.status <> 'estacionada' then
    update public.envios set status = 'nao_confirmado', resolved_at = v_now
     where claim_id = e.claim_id;
    perform private.park(f);
  elsif v_status = 'aguardar' then
    update public.envios set next_check_at = v_now + v_next where claim_id = e.claim_id;
  end if;
  return jsonb_build_object(
    'status', v_status, 'conversa_id', c.id, 'instance', c.instance,
    'next_in_ms', case when v_status = 'aguardar' then ceil(extract(epoch from v_next) * 1000)::bigint end,
    'doorbell', v_status in ('enviada', 'reenviar', 'estacionada') and private.wake_pending(c.id));
end $$;
