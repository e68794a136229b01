-- Inbound: every provider message id becomes one row, whatever is redelivered or crashes.

-- When the burst is over: 1.2 s of quiet, at most 3 s after its first message.
create function private.quiet_at(p_now timestamptz, p_first timestamptz) returns timestamptz
language sql immutable
as $$ select least(p_now + interval '1.2 seconds', p_first + interval '3 seconds') $$;

create function private.record_opt_out(p_medico uuid, p_at timestamptz, p_motivo text) returns void
language plpgsql set search_path = ''
as $$
begin
  -- `opted_out` is named only when it changes: naming it again means "from now" (see its trigger).
  update public.medicos set opted_out_at = greatest(opted_out_at, p_at)
   where id = p_medico and opted_out;
  update public.medicos
     set opted_out = true, opted_out_at = p_at, opted_out_reason = p_motivo,
         stage_jornada = 'opt_out'
   where id = p_medico and not opted_out;
end $$;

-- "Not this month": what we would write of our own accord waits for the next one, counted from when
-- it was said, in São Paulo.
create function private.opt_out_of_month(p_medico uuid, p_at timestamptz) returns void
language plpgsql set search_path = ''
as $$
declare
  v_until timestamptz := (date_trunc('month', p_at at time zone 'America/Sao_Paulo')
                          + interval '1 month') at time zone 'America/Sao_Paulo';
begin
  update public.medicos
     set sem_contato_ate = greatest(sem_contato_ate, v_until),
         sem_contato_desde = greatest(sem_contato_desde, p_at)
   where id = p_medico and v_until > api.agora();
end $$;

-- The whole contact stops: opt-out recorded, drafts and unsent parts void, one confirmation. What
-- the doctor wrote after it (it may arrive late) waits for an answer. The caller holds all
-- conversations of the contact and its row. True if something waits to be sent.
create function private.opt_out(
  p_conversa uuid, p_at timestamptz, p_motivo text, p_confirm boolean)
returns boolean
language plpgsql set search_path = ''
as $$
declare
  m public.medicos;
  c record;
begin
  select d.* into m from public.medicos d join public.conversations c0 on c0.medico_id = d.id
   where c0.id = p_conversa;
  perform private.record_opt_out(m.id, p_at, p_motivo);
  for c in select id from public.conversations where medico_id = m.id order by id loop
    perform private.lapse_draft(c.id, 'optout');
    perform private.take_back_turn(t) from private.unsent_turns(c.id) t;
    update public.interacoes set situacao = 'optout'
     where conversa_id = c.id and situacao = 'pendente' and provider_at <= p_at;
    perform private.cancel_pending(c.id, array(
      select kind from public.regras_envio where kind = 'reply' or opt_out = 'sempre'),
      'BLOCKED_OPTED_OUT');
    update public.conversations set control_epoch = control_epoch + 1 where id = c.id;
    perform private.end_lease(c.id, api.agora(), '[]');
  end loop;
  -- Told once, and again only when the doctor had taken the conversation up in between.
  if p_confirm and (not m.opted_out or exists (
        select from public.interacoes
         where medico_id = m.id and tipo = 'entrada' and situacao in ('respondida', 'humano')
           and provider_at > m.opted_out_at and provider_at <= p_at))
     and not exists (
        select from public.fila_mensagens
         where conversa_id = p_conversa and status = 'pendente' and kind = 'optout_confirmation') then
    perform private.enqueue_notice(p_conversa, 'optout_confirmation');
  end if;
  return private.has_pending(p_conversa);
end $$;

-- The same, asked for in a message of the conversation. With a threat of law, in it or in one that no
-- turn has read yet, a person is told: none will read it, and all that the doctor hears of us is the
-- confirmation.
create function private.opt_out_in_words(
  p_conversa uuid, p_at timestamptz, p_optout jsonb, p_confirm boolean)
returns boolean
language plpgsql set search_path = ''
as $$
declare
  v_juridico boolean := coalesce((p_optout ->> 'juridico')::boolean, false) or exists (
    select from public.interacoes
     where conversa_id = p_conversa and situacao = 'pendente' and juridico and provider_at <= p_at);
  v_waits boolean := private.opt_out(
    p_conversa, p_at, coalesce(p_optout ->> 'motivo', 'pedido do médico'), p_confirm);
begin
  if v_juridico then
    perform private.hand_over(p_conversa, 'juridico',
      'o médico falou em advogado, processo ou denúncia e não quer mais mensagens', false, 'julia');
  end if;
  return v_waits;
end $$;

-- The scope of the request to be left alone that came with a message or its change.
create function private.opt_out_scope(p jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
begin
  return case when jsonb_typeof(p -> 'opt_out') = 'object' then private.need_word(
    '{"escopo": "definitivo"}' || jsonb_strip_nulls(p -> 'opt_out'), 'escopo', 'definitivo', 'mes')
    else 'nenhum' end;
end $$;

-- The doctor suspects a machine: noted once for each message.
create function private.note_suspicion(c public.conversations, p_interacao bigint, p jsonb)
returns void
language plpgsql set search_path = ''
as $$
begin
  if jsonb_typeof(p) = 'object' then
    insert into public.metricas_deteccao_bot
      (medico_id, conversa_id, interacao_id, padrao_detectado, trecho)
    values (c.medico_id, c.id, p_interacao, private.need_text(p, 'padrao'),
            left(private.need_text(p, 'trecho'), 200))
    on conflict (interacao_id) do nothing;
  end if;
end $$;

create function api.receive_message(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_instance text := private.need_text(p, 'instance');
  v_key text := private.need_text(p, 'key_id');
  v_identities jsonb := private.need_identities(p);
  v_provider_at timestamptz := private.need_time(p, 'provider_at');
  v_tipo text := private.need_text(p, 'tipo_conteudo');
  v_optout text := private.opt_out_scope(p);
  c public.conversations;
  m public.medicos;
  v_now timestamptz;
  v_connected timestamptz;
  v_situacao text;
  v_status text := 'nova';
  v_doorbell boolean := false;
  v_id bigint;
  v_known public.inbox_keys;
begin
  select * into v_known from public.inbox_keys where instance = v_instance and key_id = v_key;
  if not found then
    c := private.open_conversation(v_instance, v_identities, nullif(p ->> 'push_name', ''),
                                   v_optout = 'definitivo');
    insert into public.inbox_keys (instance, key_id, conversa_id)
    values (v_instance, v_key, c.id) on conflict do nothing;
    if not found then
      select * into v_known from public.inbox_keys where instance = v_instance and key_id = v_key;
    end if;
  end if;
  if v_known.key_id is not null then
    select * into c from public.conversations where id = v_known.conversa_id;
    return jsonb_build_object(
      'status', 'duplicada', 'conversa_id', c.id, 'medico_id', c.medico_id,
      'inbox_seq', c.inbox_seq, 'controlled_by', c.controlled_by,
      'paused', private.paused_for(c.medico_id, c.instance),
      'due_in_ms', private.ms_until(c.due_at, api.agora()),
      -- A repeated call may be the one whose answer was lost: its bell is rung again.
      'doorbell', private.has_pending(c.id));
  end if;

  select * into m from public.medicos where id = c.medico_id;
  select first_connected_at into v_connected from public.whatsapp_instances where instance = v_instance;
  v_now := api.agora();
  -- A time in the future would come after every opt-out.
  v_provider_at := least(v_provider_at, v_now + interval '1 minute');
  v_situacao := case
    when v_provider_at < v_now - interval '24 hours'
      -- Provider times are whole seconds: a minute of grace keeps the first message after pairing.
      or v_provider_at < v_connected - interval '1 minute' then 'historico'
    when c.controlled_by = 'human' then 'humano'
    when v_tipo = 'reacao' then 'sem_resposta'
    when m.opted_out and v_provider_at <= m.opted_out_at then 'optout'
    else 'pendente' end;
  if v_situacao = 'historico' then
    v_status := 'historico';
    -- What was said before the number was ours binds nobody; later, even days late, it does.
    if v_provider_at < v_connected then
      v_optout := 'nenhum';
    end if;
  elsif v_optout = 'definitivo' then
    v_situacao := 'optout';
  end if;

  insert into public.interacoes
    (medico_id, conversa_id, instance, tipo, autor_tipo, tipo_conteudo, conteudo, anexos, quoted,
     key_id, provider_at, received_at, webhook_em, inbox_seq, situacao, juridico, origem)
  values
    (c.medico_id, c.id, v_instance, 'entrada', 'medico', v_tipo, coalesce(p ->> 'conteudo', ''),
     coalesce(p -> 'anexos', '{}'), nullif(p -> 'quoted', 'null'), v_key, v_provider_at, v_now,
     case when p ? 'idade_ms'
          then v_now - private.need_int(p, 'idade_ms') * interval '1 millisecond' end,
     case when v_situacao = 'pendente' then c.inbox_seq + 1 end, v_situacao,
     coalesce((p ->> 'juridico')::boolean, false), coalesce(p ->> 'origin', 'webhook'))
  returning id into v_id;
  update public.inbox_keys set interacao_id = v_id where instance = v_instance and key_id = v_key;
  perform private.lapse_draft(c.id, 'medico_escreveu') where v_situacao = 'pendente';

  if v_status = 'nova' and v_tipo <> 'reacao' then
    perform private.note_phone(m, private.phone_of(v_identities))
      where v_provider_at >= coalesce(m.ultima_entrada_em, '-infinity');
    update public.medicos set ultima_entrada_em = greatest(ultima_entrada_em, v_provider_at),
           nome_whatsapp = coalesce(nome_whatsapp, nullif(p ->> 'push_name', ''))
     where id = c.medico_id;
  end if;

  update public.conversations
     set inbox_seq = inbox_seq + (v_situacao = 'pendente')::integer,
         message_count = message_count + 1,
         last_message_at = greatest(last_message_at, v_provider_at),
         first_pending_at = case when v_situacao = 'pendente'
                                 then coalesce(first_pending_at, v_now) else first_pending_at end,
         quiet_at = case when v_situacao = 'pendente'
                         then private.quiet_at(v_now, coalesce(first_pending_at, v_now))
                         else quiet_at end,
         -- While a turn is leased its end stays the wake-up: the commit looks at what is left.
         due_at = case when v_situacao <> 'pendente' then due_at
                       when lease_until > v_now then lease_until
                       else private.quiet_at(v_now, coalesce(first_pending_at, v_now)) end
   where id = c.id returning * into c;

  if v_optout = 'definitivo' then
    v_doorbell := private.opt_out_in_words(
      c.id, v_provider_at, p -> 'opt_out', v_status = 'nova');
    select * into c from public.conversations where id = c.id;
  elsif v_optout = 'mes' then
    perform private.opt_out_of_month(c.medico_id, v_provider_at);
  end if;
  if v_status = 'nova' then
    perform private.note_suspicion(c, v_id, p -> 'suspeita_bot');
  end if;

  return jsonb_build_object(
    'status', v_status, 'conversa_id', c.id, 'medico_id', c.medico_id, 'inbox_seq', c.inbox_seq,
    'controlled_by', c.controlled_by,
    'paused', private.paused_for(c.medico_id, c.instance),
    'due_in_ms', private.ms_until(c.due_at, v_now), 'doorbell', v_doorbell);
end $$;

-- The doctor changed or deleted what was answered before the answer left: what stands is answered
-- anew. Not when a shift was booked with it, of which the doctor has to hear: then the next turn is
-- told of the change.
create function private.take_back_answer(c public.conversations, i public.interacoes)
returns boolean
language plpgsql set search_path = ''
as $$
begin
  if i.situacao = 'rascunho' then
    perform private.lapse_draft(c.id, 'medico_mudou');
    return true;
  end if;
  if c.controlled_by <> 'ai' or i.situacao <> 'respondida'
     or not exists (select from private.unsent_turns(c.id) t where t = i.turno_id)
     or exists (select from public.reservas where turno_id = i.turno_id) then
    return false;
  end if;
  perform private.take_back_turn(i.turno_id);
  return true;
end $$;

create function api.edit_message(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_instance text := private.need_text(p, 'instance');
  v_key text := private.need_text(p, 'key_id');
  v_change text := private.need_word(p, 'change', 'edit', 'revoke');
  v_at timestamptz := private.need_time(p, 'changed_at');
  v_optout text := private.opt_out_scope(p);
  c public.conversations;
  i public.interacoes;
  v_now timestamptz;
  v_medico uuid;
  v_left boolean;
  v_doorbell boolean := false;
begin
  select c0.* into c from public.inbox_keys k join public.conversations c0 on c0.id = k.conversa_id
   where k.instance = v_instance and k.key_id = v_key;
  if not found then
    return jsonb_build_object('status', 'desconhecida');
  end if;
  v_medico := c.medico_id;
  if v_optout = 'definitivo' then
    perform private.lock_contacts(array[v_medico]);
  end if;
  c := private.lock_conversation(c.id);
  if c.medico_id <> v_medico or not exists (
      select from public.inbox_keys
       where instance = v_instance and key_id = v_key and conversa_id = c.id) then
    raise exception 'message % has just moved to another conversation', v_key
      using errcode = '55P03', hint = 'Two contacts were united. Try again.';
  end if;
  select i0.* into i from public.inbox_keys k join public.interacoes i0 on i0.id = k.interacao_id
   where k.instance = v_instance and k.key_id = v_key for no key update of i0;
  if not found or i.tipo <> 'entrada' then
    return jsonb_build_object('status', 'desconhecida');
  end if;
  v_now := api.agora();
  if v_change = 'revoke' then
    if private.take_back_answer(c, i) then
      i.situacao := 'pendente';
    end if;
    update public.interacoes
       set conteudo = '', leitura = null, anexos = '{}', apagada_em = v_at,
           situacao = case when situacao = 'pendente' then 'apagada' else situacao end
     where id = i.id;
  elsif i.apagada_em is null and (i.editada_em is null or i.editada_em < v_at) then
    update public.interacoes set conteudo = coalesce(p ->> 'text', ''), editada_em = v_at
     where id = i.id;
    -- It binds as if written anew, answered or not; a caption counts like a text.
    if i.tipo_conteudo in ('texto', 'imagem', 'video', 'documento') and not exists (
        select from public.whatsapp_instances
         where instance = v_instance and v_at < first_connected_at) then
      v_at := least(v_at, v_now + interval '1 minute');
      if v_optout = 'definitivo' then
        v_doorbell := private.opt_out_in_words(
          c.id, v_at, p -> 'opt_out', v_at >= v_now - interval '24 hours');
      elsif v_optout = 'mes' then
        perform private.opt_out_of_month(c.medico_id, v_at);
      end if;
    end if;
    if v_optout <> 'definitivo' and private.take_back_answer(c, i) then
      i.situacao := 'pendente';
    end if;
  end if;
  if i.situacao <> 'pendente' then
    return jsonb_build_object(
      'status', 'ja_respondida', 'conversa_id', c.id, 'doorbell', v_doorbell);
  end if;
  v_left := private.is_unanswered(c.id);
  -- A draft that read the old wording must not be committed.
  update public.conversations
     set inbox_seq = inbox_seq + 1,
         quiet_at = case when v_left then private.quiet_at(v_now, coalesce(first_pending_at, v_now)) end,
         first_pending_at = case when v_left then first_pending_at end,
         due_at = case when lease_until > v_now then lease_until
                       when v_left then private.quiet_at(v_now, coalesce(first_pending_at, v_now)) end
   where id = c.id;
  return jsonb_build_object('status', 'aplicada', 'conversa_id', c.id, 'doorbell', v_doorbell);
end $$;

create function api.connection_changed(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_instance text := private.need_text(p, 'instance');
  v_state text := private.need_word(p, 'state', 'open', 'connecting', 'close', 'refused');
begin
  perform private.ensure_instance(v_instance);
  update public.whatsapp_instances
     set state = v_state, state_reason = (p ->> 'reason')::integer, state_at = api.agora(),
         -- Whoever brought messages was connected already: of a number paired before Julia came, the
         -- first `open` that she hears of is a reconnection, and what follows it is its backlog.
         first_connected_at = case when v_state = 'open' then coalesce(first_connected_at,
             private.first_heard(v_instance),
             api.agora())
           else first_connected_at end
   where instance = v_instance;
  return jsonb_build_object('status', 'ok');
end $$;
