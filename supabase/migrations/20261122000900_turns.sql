-- Turns: a conversation that is due is claimed under a lease, answered once, and committed whole.

create function private.reply_window() returns interval
language sql immutable
as $$ select interval '30 minutes' $$;

create function api.due_turns(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_owner uuid := private.need_uuid(p, 'owner');
  v_limit bigint := private.need_int(p, 'limit');
  v_now timestamptz := api.agora();
begin
  insert into public.processos (owner, last_seen) values (v_owner, v_now)
  on conflict (owner) do update set last_seen = excluded.last_seen
   where processos.last_seen < excluded.last_seen - interval '500 milliseconds';
  if private.paused() then
    return jsonb_build_object('turns', '[]'::jsonb, 'next_due_in_ms', null);
  end if;
  return jsonb_build_object(
    'turns', coalesce((
      select jsonb_agg(jsonb_build_object('conversa_id', id, 'due_at', due_at) order by due_at)
        from (select id, due_at from public.conversations
               where due_at <= v_now and controlled_by = 'ai'
                 and status in ('active', 'paused', 'escalated')
                 and not coalesce(p -> 'exclude', '[]') ? id::text
                 -- What a pause covers must not crowd out what is free.
                 and not private.paused_for(medico_id, instance)
               order by due_at limit v_limit) due), '[]'),
    'next_due_in_ms', (select private.ms_until(min(due_at), v_now) from public.conversations
                        where due_at > v_now and controlled_by = 'ai'
                          and status in ('active', 'paused', 'escalated')));
end $$;

create function private.is_unanswered(p_conversa uuid) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return exists (select from public.interacoes
                  where conversa_id = p_conversa and situacao = 'pendente');
end $$;

-- Replies that wait for a ceiling are answered anew together with what came since.
create function private.supersede_waiting_replies(p_conversa uuid) returns void
language sql volatile set search_path = ''
as $$
  select private.take_back_turn(t)
    from private.unsent_turns(p_conversa) t
   where private.is_unanswered(p_conversa)
     and exists (select from public.fila_mensagens
                  where turno_id = t and status = 'pendente' and espera like 'teto%')
$$;

-- What was said after message `p_after`, oldest first: settled messages, and what Julia and people have
-- answered that is still on its way.
create function private.history(p_conversa uuid, p_after bigint, p_limit integer) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(h) - 'ord' order by h.at, h.ord), '[]') from (
    select * from (
      (select i.id, autor_tipo, conteudo, tipo_conteudo, leitura,
              -- What was said after it answered other words.
              coalesce(editada_em > t.committed_at, false) as editada,
              provider_at as at, i.id as ord
         from public.interacoes i left join public.turnos t on t.id = i.turno_id
        where i.conversa_id = p_conversa and situacao not in ('pendente', 'rascunho', 'apagada')
          and i.id > coalesce(p_after, 0)
        order by provider_at desc, i.id desc limit p_limit)
      union all
      select null, case kind when 'reply' then 'julia' else 'gestor' end, conteudo, 'texto', null,
             false, created_at, turn_seq
        from public.fila_mensagens
       where conversa_id = p_conversa and kind in ('reply', 'human_agent')
         and status in ('pendente', 'processando', 'incerta')
    ) everything order by at desc, ord desc limit p_limit
  ) h
$$;

-- The number that a send to this conversation goes to: the phone if it is known, of several that from
-- which the doctor wrote last, else the LID.
create function private.destination(c public.conversations) returns text
language plpgsql stable set search_path = ''
as $$
begin
  -- In plpgsql the plans are kept: every claim asks this while it holds the number.
  return coalesce(
    (select ltrim(telefone, '+') from public.medicos where id = c.medico_id),
    (select split_part(jid, '@', 1) from public.contact_identities
      where medico_id = c.medico_id and instance = c.instance and kind = 'phone'
      order by created_at desc limit 1),
    (select jid from public.contact_identities
      where medico_id = c.medico_id and instance = c.instance and kind = 'lid'
      order by created_at desc limit 1));
end $$;

create function private.turn_context(c public.conversations) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return jsonb_build_object(
    'destino', private.destination(c),
    'medico', (select jsonb_build_object('id', m.id,
                 'primeiro_nome', coalesce(m.primeiro_nome, m.nome_whatsapp),
                 'sobrenome', m.sobrenome, 'especialidade', e.nome,
                 'cidade', m.cidade, 'estado', m.estado, 'canario', m.canario)
                 from public.medicos m left join public.especialidades e on e.id = m.especialidade_id
                where m.id = c.medico_id),
    'pending', (select coalesce(jsonb_agg(jsonb_build_object(
                  'id', i.id, 'key_id', i.key_id, 'inbox_seq', i.inbox_seq,
                  'tipo_conteudo', i.tipo_conteudo, 'conteudo', i.conteudo, 'anexos', i.anexos,
                  'quoted', i.quoted, 'provider_at', i.provider_at, 'leitura', i.leitura,
                  'traceparent', i.traceparent)
                  order by i.provider_at, i.id), '[]')
                  from public.interacoes i where i.conversa_id = c.id and i.situacao = 'pendente'),
    'pending_for_ms', (select private.ms_until(api.agora(), min(i.received_at))
                         from public.interacoes i
                        where i.conversa_id = c.id and i.situacao = 'pendente'),
    'history', private.history(c.id, c.resumo_ate, 40),
    'reservas', private.bookings(c.medico_id),
    'last_key_id', (select i.key_id from public.interacoes i
                     where i.conversa_id = c.id and i.tipo = 'entrada'
                     order by i.provider_at desc, i.id desc limit 1));
end $$;

create function api.begin_turn(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_token uuid := private.need_uuid(p, 'token');
  v_owner uuid := private.need_uuid(p, 'owner');
  v_lease interval := make_interval(secs => coalesce((p ->> 'lease_s')::double precision, 15));
  c public.conversations := private.lock_conversation(private.need_uuid(p, 'conversa_id'));
  v_now timestamptz := api.agora();
  v_newest timestamptz;
  v_crashes integer;
begin
  if c.controlled_by = 'human' or c.status not in ('active', 'paused', 'escalated') then
    return jsonb_build_object('status', 'humano', 'doorbell', false);
  end if;
  if c.lease_token <> v_token and c.lease_until > v_now then
    return jsonb_build_object('status', 'ocupado', 'doorbell', false,
                              'due_in_ms', private.ms_until(c.lease_until, v_now));
  end if;
  if private.paused_for(c.medico_id, c.instance) then
    return jsonb_build_object('status', 'pausado', 'doorbell', false);
  end if;
  perform private.supersede_waiting_replies(c.id);
  -- Of an answer that was drafted over newer words, or they would have ended its draft.
  perform private.lapse_draft(c.id, 'medico_escreveu') where private.is_unanswered(c.id);
  select max(least(provider_at, received_at)) into v_newest
    from public.interacoes where conversa_id = c.id and situacao = 'pendente';
  if v_newest is null then
    perform private.end_lease(c.id, v_now, '[]');
    return jsonb_build_object('status', 'nada', 'doorbell', private.has_pending(c.id),
                              'instance', c.instance);
  end if;

  if c.lease_token is distinct from v_token then
    if c.quiet_at > v_now then
      update public.conversations set due_at = quiet_at where id = c.id;
      return jsonb_build_object('status', 'aguardar', 'doorbell', false,
                                'due_in_ms', private.ms_until(c.quiet_at, v_now));
    end if;
    if c.lease_token is not null then
      c.lease_suspects := c.lease_suspects
        || jsonb_build_object('owner', c.lease_owner, 'until', c.lease_until);
    end if;
    -- Crashed = never seen after its lease had ended. Outages of ours leave their owners alive.
    select count(*) into v_crashes
      from jsonb_array_elements(c.lease_suspects) s
      left join public.processos o on o.owner = (s ->> 'owner')::uuid
     where o.last_seen is null or o.last_seen <= (s ->> 'until')::timestamptz;
    if v_crashes >= 3 then
      perform private.hand_over(c.id, 'falha_repetida',
        'A resposta falhou três vezes seguidas; alguém precisa continuar', true);
      return jsonb_build_object('status', 'transferido', 'doorbell', true,
                                'motivo', 'falha_repetida', 'instance', c.instance);
    end if;
    if v_newest < v_now - private.reply_window() then
      perform private.hand_over(c.id, 'resposta_vencida',
        'Mensagens esperaram mais de 30 minutos', false);
      return jsonb_build_object('status', 'transferido', 'doorbell', false,
                                'motivo', case when private.paused_since(v_newest)
                                               then 'retida' else 'vencida' end);
    end if;
    c.lease_turno_id := gen_random_uuid();
  else
    -- A draft begun anew starts with nothing held: its first attempt may have meant another shift.
    perform private.free_holds(c.id);
  end if;

  update public.conversations
     set lease_token = v_token, lease_owner = v_owner, lease_until = v_now + v_lease,
         due_at = v_now + v_lease, lease_turno_id = c.lease_turno_id,
         lease_suspects = c.lease_suspects
   where id = c.id returning * into c;
  return jsonb_build_object(
    'status', 'iniciado', 'doorbell', false, 'turno_id', c.lease_turno_id,
    'turn_seq', c.turn_seq + 1, 'control_epoch', c.control_epoch, 'inbox_seq', c.inbox_seq,
    'tentativa', jsonb_array_length(c.lease_suspects) + 1, 'instance', c.instance)
    || private.turn_context(c) || private.turn_knowledge(c);
end $$;

create function api.renew_turn(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_token uuid := private.need_uuid(p, 'token');
  v_lease interval := make_interval(secs => coalesce((p ->> 'lease_s')::double precision, 15));
  c public.conversations := private.lock_conversation(private.need_uuid(p, 'conversa_id'));
  v_now timestamptz := api.agora();
begin
  if c.lease_token is distinct from v_token then
    return jsonb_build_object('status', 'perdido', 'control_epoch', c.control_epoch,
      'inbox_seq', c.inbox_seq, 'paused', private.paused_for(c.medico_id, c.instance),
      'quiet_in_ms', 0);
  end if;
  update public.conversations set lease_until = v_now + v_lease, due_at = v_now + v_lease
   where id = c.id;
  return jsonb_build_object('status', 'renovado', 'control_epoch', c.control_epoch,
    'inbox_seq', c.inbox_seq, 'paused', private.paused_for(c.medico_id, c.instance),
    'quiet_in_ms', coalesce(private.ms_until(c.quiet_at, v_now), 0));
end $$;

-- Gives the lease back and says when the conversation is due again. The caller holds the lock.
create function private.end_lease(p_conversa uuid, p_due timestamptz, p_suspects jsonb) returns void
language sql volatile set search_path = ''
as $$
  update public.conversations c
     set lease_token = null, lease_owner = null, lease_until = null, lease_turno_id = null,
         lease_suspects = p_suspects,
         due_at = case when left_over and c.controlled_by = 'ai' then greatest(p_due, c.quiet_at) end,
         quiet_at = case when left_over then c.quiet_at end,
         first_pending_at = case when left_over then c.first_pending_at end
    from (select private.is_unanswered(p_conversa) as left_over) x
   where c.id = p_conversa
$$;

create function api.release_turn(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_token uuid := private.need_uuid(p, 'token');
  v_retry interval := make_interval(secs => coalesce((p ->> 'retry_in_s')::double precision, 0));
  v_failed boolean := coalesce((p ->> 'falhou')::boolean, false);
  c public.conversations := private.lock_conversation(private.need_uuid(p, 'conversa_id'));
begin
  if c.lease_token is distinct from v_token then
    return jsonb_build_object('status', 'perdido');
  end if;
  -- A turn that fails in a living process counts like a crash: nobody has an owner of null.
  perform private.end_lease(c.id, api.agora() + v_retry, c.lease_suspects
    || case when v_failed then jsonb_build_array(jsonb_build_object('owner', null, 'until', api.agora()))
            else '[]'::jsonb end);
  return jsonb_build_object('status', 'liberado');
end $$;

create function private.need_parts(p jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  if jsonb_typeof(p -> 'parts') is distinct from 'array'
     or jsonb_array_length(p -> 'parts') not between 1 and 6
     or exists (select from jsonb_array_elements(p -> 'parts') t
                 where jsonb_typeof(t) <> 'string'
                    or length(btrim(t #>> '{}', E' \n\r\t')) not between 1 and 4000) then
    perform private.argument_missing('parts', 'list of 1 to 6 texts of 1 to 4000 characters');
  end if;
  return p -> 'parts';
end $$;

create function private.write_parts(c public.conversations, p_turno uuid, p_parts jsonb) returns void
language sql volatile set search_path = ''
as $$
  insert into public.fila_mensagens
    (id, medico_id, conversa_id, instance, turno_id, turn_seq, part, kind, tipo, conteudo,
     prioridade, control_epoch, expira_em, next_ring_at)
  -- The id follows from (conversation, turn, part): a repeated write meets itself.
  select md5(c.id::text || ':' || p_turno::text || ':' || t.part)::uuid,
         c.medico_id, c.id, c.instance, p_turno, c.turn_seq, t.part, k.kind, k.kind,
         btrim(t.texto, E' \n\r\t'), 10, c.control_epoch,
         api.agora() + private.reply_window(), api.agora() + interval '2 seconds'
    from jsonb_array_elements_text(p_parts) with ordinality as t (texto, part),
         (select case when canario then 'canary' else 'reply' end as kind
            from public.medicos where id = c.medico_id) k
$$;

-- Whether the doctor opted out and has written nothing since.
create function private.is_silenced(p_medico uuid) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return (select opted_out and coalesce(ultima_entrada_em <= opted_out_at, true)
            from public.medicos where id = p_medico);
end $$;

create function api.commit_turn(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_token uuid := private.need_uuid(p, 'token');
  v_turno uuid := private.need_uuid(p, 'turno_id');
  v_epoch bigint := private.need_int(p, 'control_epoch');
  v_seq bigint := private.need_int(p, 'inbox_seq');
  v_outcome text := private.need_word(p, 'outcome', 'resposta', 'transferir', 'sem_resposta');
  v_parts jsonb := case when v_outcome = 'resposta' then private.need_parts(p) else '[]' end;
  h jsonb := coalesce(nullif(p -> 'handoff', 'null'), '{"trigger_type": "manual"}');
  u jsonb := coalesce(nullif(p -> 'usage', 'null'), '{}');
  x jsonb := coalesce(nullif(p -> 'effects', 'null'), '{}');
  v_holds uuid[] := private.uuid_list(p, 'holds');
  c public.conversations;
  v_answer jsonb;
  v_now timestamptz;
  v_copilot text;
  v_drafted boolean;
begin
  perform private.lock_status_shared();
  if x #>> '{opt_out,escopo}' = 'definitivo' then
    -- It stops the whole contact.
    perform private.lock_contact_of(private.need_uuid(p, 'conversa_id'));
  end if;
  c := private.lock_conversation(private.need_uuid(p, 'conversa_id'));
  select answer into v_answer from public.turnos where id = v_turno;
  if found then
    return v_answer || '{"repetido": true}';
  end if;
  v_now := api.agora();
  v_answer := jsonb_build_object('status', 'recusado', 'repetido', false, 'fila_ids', '[]'::jsonb,
                                 'doorbell', false, 'more_due_in_ms', null);
  if c.lease_token is distinct from v_token or c.lease_turno_id is distinct from v_turno then
    -- A takeover or an opt-out voids the lease as well; the epoch tells them apart.
    return v_answer || jsonb_build_object('motivo',
      case when c.control_epoch <> v_epoch then 'epoca' else 'lease' end);
  end if;
  if c.control_epoch <> v_epoch or c.controlled_by <> 'ai' then
    perform private.end_lease(c.id, v_now, c.lease_suspects);
    return v_answer || '{"motivo": "epoca"}';
  end if;
  if private.paused_for(c.medico_id, c.instance) then
    perform private.end_lease(c.id, v_now, c.lease_suspects);
    return v_answer || '{"motivo": "pausa"}';
  end if;
  if v_outcome = 'transferir' and private.is_silenced(c.medico_id) then
    -- A person may still read it, but nothing is booked of which the doctor could not be told.
    v_holds := '{}';
    x := '{}';
  elsif private.is_silenced(c.medico_id) then
    -- A manager's plain UPDATE bumps no epoch: nothing of this turn could be said any more.
    update public.interacoes set situacao = 'optout'
     where conversa_id = c.id and situacao = 'pendente';
    perform private.end_lease(c.id, v_now, '[]');
    return v_answer || '{"motivo": "epoca"}';
  end if;
  if c.inbox_seq > v_seq and not coalesce((p ->> 'force')::boolean, false) then
    return v_answer || jsonb_build_object('motivo', 'mensagens_novas', 'more_due_in_ms',
      coalesce(private.ms_until(c.quiet_at, v_now), 0));
  end if;
  perform private.lock_bookings(v_holds || private.cancelled_bookings(x), c.medico_id);
  v_now := api.agora();
  if not private.holds_stand(c, v_holds) then
    return v_answer || '{"motivo": "reserva_perdida"}';
  end if;
  if not private.effects_fit(c, x, v_now) then
    return v_answer || '{"motivo": "efeito_invalido"}';
  end if;

  v_copilot := private.copilot_by(c);
  if v_copilot is not null and v_outcome <> 'transferir'
     and x #>> '{opt_out,escopo}' = 'definitivo' then
    -- The confirmation of that is all that she hears, and nothing else comes about unapproved.
    v_outcome := 'sem_resposta';
    v_parts := '[]';
    v_holds := '{}';
    x := jsonb_build_object('opt_out', x -> 'opt_out');
  end if;
  v_drafted := v_copilot is not null and v_outcome = 'resposta';
  if not v_drafted then
    update public.conversations set turn_seq = turn_seq + 1 where id = c.id returning * into c;
  end if;
  insert into public.turnos
    (id, conversa_id, turn_seq, outcome, control_epoch, inbox_seq, tentativa, prompt_id, rota,
     chamadas, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, custo_usd,
     llm_ms, answer, committed_at)
  values
    (v_turno, c.id, case when not v_drafted then c.turn_seq end,
     case when v_drafted then 'rascunho' else v_outcome end, v_epoch, v_seq, jsonb_array_length(c.lease_suspects) + 1,
     (select id from public.prompts where id = p ->> 'prompt_id'), p ->> 'rota',
     (u ->> 'chamadas')::integer, u ->> 'model',
     (u ->> 'input_tokens')::integer, (u ->> 'output_tokens')::integer,
     (u ->> 'cache_read_tokens')::integer, (u ->> 'cache_write_tokens')::integer,
     (u ->> 'custo_usd')::numeric, (u ->> 'llm_ms')::integer, '{}', v_now);
  if not v_drafted then
    perform private.confirm_holds(c, v_holds);
    perform private.apply_effects(c, v_turno, x);
  else
    -- A wish to be left alone waits for nobody; what else the turn did becomes final with its answer.
    perform private.apply_effects(c, v_turno, jsonb_build_object('opt_out', x -> 'opt_out'));
    x := x - 'opt_out';
  end if;
  -- An opt-out among them has begun another epoch.
  select control_epoch into c.control_epoch from public.conversations where id = c.id;
  if v_outcome = 'transferir' then
    perform private.hand_over(c.id,
      private.need_word(h, 'trigger_type', variadic private.handoff_triggers()),
      coalesce(h ->> 'motivo', 'Transferido pela Júlia'),
      coalesce((h ->> 'notify')::boolean, true), 'julia');
  elsif v_drafted then
    perform private.draft_turn(c, v_turno, v_copilot, v_parts, v_holds, x, v_seq);
    perform private.end_lease(c.id, v_now, '[]');
  else
    perform private.write_parts(c, v_turno, v_parts);
    update public.interacoes set situacao = 'respondida', turno_id = v_turno
     where conversa_id = c.id and situacao = 'pendente' and inbox_seq <= v_seq;
    update public.conversations set first_pending_at = v_now where id = c.id;
    perform private.end_lease(c.id, v_now, '[]');
  end if;

  select jsonb_build_object(
      'status', 'confirmado', 'repetido', false, 'rascunho', v_drafted,
      'fila_ids', coalesce((select jsonb_agg(id order by part) from public.fila_mensagens
                             where turno_id = v_turno), '[]'),
      'doorbell', private.has_pending(c.id),
      'more_due_in_ms', private.ms_until(c0.due_at, v_now))
    into v_answer from public.conversations c0 where c0.id = c.id;
  update public.turnos set answer = v_answer where id = v_turno;
  return v_answer;
end $$;
