-- Taking a conversation over, and giving it back. The UPDATE of the runbook and every function go
-- through the same triggers: whoever changes `controlled_by`, the effects are the same.

-- Puts one fixed text of ours at the end of the conversation's order. The caller holds the lock.
create function private.enqueue_notice(p_conversa uuid, p_kind text) returns void
language plpgsql set search_path = ''
as $$
declare
  c public.conversations;
begin
  update public.conversations set turn_seq = turn_seq + 1 where id = p_conversa returning * into c;
  insert into public.fila_mensagens
    (medico_id, conversa_id, instance, turn_seq, part, kind, tipo, conteudo, prioridade,
     control_epoch, expira_em, next_ring_at)
  select c.medico_id, c.id, c.instance, c.turn_seq, 1, p_kind, p_kind, m.conteudo, r.prioridade,
         c.control_epoch,
         api.agora() + case p_kind when 'handoff_notice' then private.reply_window()
                                   else interval '24 hours' end,
         api.agora() + interval '2 seconds'
    from public.mensagens_padrao m, public.regras_envio r
   where m.chave = p_kind and r.kind = p_kind;
end $$;

-- Cancels what has not been claimed yet, of the kinds that the caller names.
create function private.cancel_pending(p_conversa uuid, p_kinds text[], p_outcome text) returns integer
language plpgsql set search_path = ''
as $$
declare
  n integer;
begin
  update public.fila_mensagens
     set status = 'cancelada', outcome = p_outcome, reservado = false,
         next_ring_at = null, next_try_at = null
   where conversa_id = p_conversa and status = 'pendente' and kind = any (p_kinds);
  get diagnostics n = row_count;
  return n;
end $$;

create function private.conversations_before_stop() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  new.control_epoch := old.control_epoch + 1;
  new.lease_token := null;
  new.lease_owner := null;
  new.lease_until := null;
  new.lease_turno_id := null;
  new.lease_suspects := '[]';
  new.due_at := null;
  new.quiet_at := null;
  new.first_pending_at := null;
  if new.status in ('completed', 'abandoned') then
    new.closed_at := api.agora();
  elsif new.controlled_by = 'human' then
    new.status := 'escalated';
    new.escalation_reason := coalesce(new.escalation_reason, 'Sem motivo informado');
  elsif old.controlled_by = 'human' then
    new.status := 'active';
    new.controlled_by_user_id := null;
    new.escalation_reason := null;
  end if;
  return new;
end $$;

create trigger conversations_before_control before update of controlled_by on public.conversations
for each row when (old.controlled_by is distinct from new.controlled_by)
execute function private.conversations_before_stop();

create trigger conversations_before_closing before update of status on public.conversations
for each row when (old.controlled_by = new.controlled_by
                   and old.status not in ('completed', 'abandoned')
                   and new.status in ('completed', 'abandoned'))
execute function private.conversations_before_stop();

-- What a closed conversation still owed is void; what the doctor writes next opens another.
create function private.conversations_after_closing() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.lapse_draft(new.id, 'encerrada');
  perform private.report_untold(new);
  update public.interacoes set situacao = 'sem_resposta'
   where conversa_id = new.id and situacao = 'pendente';
  perform private.cancel_pending(new.id, array(
    select kind from public.regras_envio where controle = 'ai' or kind = 'handoff_notice'),
    'BLOCKED_STALE');
  update public.handoffs set status = 'resolvido', resolvido_em = api.agora(), resolvido_por = 'encerramento'
   where conversa_id = new.id and status = 'pendente';
  return null;
end $$;

create trigger conversations_after_closing after update of status on public.conversations
for each row when (old.status not in ('completed', 'abandoned')
                   and new.status in ('completed', 'abandoned'))
execute function private.conversations_after_closing();

-- How a function passes its particulars to the trigger; the runbook's plain UPDATE sets nothing and
-- so gets the full effect: a manual hand-off that the doctor is told of.
create function private.handoff_particulars() returns jsonb
language sql stable set search_path = ''
as $$ select coalesce(nullif(current_setting('julia.handoff', true), ''),
                      '{"trigger_type": "manual", "notify": true}')::jsonb $$;

create function private.conversations_after_control() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v jsonb := private.handoff_particulars();
  v_waiting integer;
  v_reminders jsonb;
  v_untold jsonb;
  h public.handoffs;
begin
  if new.status in ('completed', 'abandoned') then
    return null;
  end if;
  if new.controlled_by = 'human' then
    perform private.lapse_draft(new.id, 'assumida');
    update public.interacoes set situacao = 'humano'
     where conversa_id = new.id and situacao = 'pendente';
    get diagnostics v_waiting = row_count;
    -- What Julia has promised to say is now the person's to say.
    select coalesce(jsonb_agg(jsonb_build_object('quando', agendar_para, 'texto', conteudo)
                              order by agendar_para), '[]')
      into v_reminders
      from public.fila_mensagens
     where conversa_id = new.id and status = 'pendente' and kind = 'lembrete';
    v_untold := private.untold_bookings(new.id, old.lease_turno_id);
    perform private.cancel_pending(new.id, array(
      select kind from public.regras_envio where controle = 'ai'), 'BLOCKED_HUMAN_CONTROL');
    insert into public.handoffs
      (conversa_id, medico_id, trigger_type, motivo, control_epoch, metadata)
    values (new.id, new.medico_id, v ->> 'trigger_type', new.escalation_reason, new.control_epoch,
            jsonb_build_object('mensagens_em_espera', v_waiting, 'lembretes', v_reminders,
                               'reservas_nao_avisadas', v_untold,
                               'por', coalesce(v ->> 'por', new.controlled_by_user_id)))
    on conflict do nothing returning * into h;
    perform private.tell_of_handoff('assumida', new, h);
    if (v ->> 'notify')::boolean then
      perform private.enqueue_notice(new.id, 'handoff_notice');
    end if;
  else
    -- What a person wrote before giving back still goes; nobody else would say it.
    update public.fila_mensagens set liberada = true
     where conversa_id = new.id and status = 'pendente' and kind = 'human_agent';
    perform private.cancel_pending(new.id, array(
      select kind from public.regras_envio where controle = 'human' and kind <> 'human_agent'),
      'BLOCKED_AI_CONTROL');
    update public.handoffs
       set status = 'resolvido', resolvido_em = api.agora(),
           resolvido_por = coalesce(v ->> 'por', 'manual')
     where conversa_id = new.id and status = 'pendente'
    returning * into h;
    perform private.tell_of_handoff('devolvida', new, h);
  end if;
  return null;
end $$;

create trigger conversations_after_control after update of controlled_by on public.conversations
for each row when (old.controlled_by is distinct from new.controlled_by)
execute function private.conversations_after_control();

-- Hands a conversation to a person. The caller holds the conversation's lock. True if it changed.
create function private.hand_over(
  p_conversa uuid, p_trigger_type text, p_motivo text, p_notify boolean, p_por text default null)
returns boolean
language plpgsql set search_path = ''
as $$
declare
  v_changed boolean;
begin
  perform set_config('julia.handoff', jsonb_build_object(
    'trigger_type', p_trigger_type, 'notify', p_notify, 'por', p_por)::text, true);
  update public.conversations
     set controlled_by = 'human', escalation_reason = p_motivo, controlled_by_user_id = p_por
   where id = p_conversa and controlled_by = 'ai'
     and status in ('active', 'paused', 'escalated');
  v_changed := found;
  perform set_config('julia.handoff', '', true);
  return v_changed;
end $$;

-- Gives a conversation back to Julia. The caller holds the conversation's lock. True if it changed.
create function private.hand_back(p_conversa uuid, p_por text) returns boolean
language plpgsql set search_path = ''
as $$
declare
  v_changed boolean;
begin
  perform set_config('julia.handoff', jsonb_build_object('por', p_por)::text, true);
  update public.conversations set controlled_by = 'ai'
   where id = p_conversa and controlled_by = 'human'
     and status in ('active', 'paused', 'escalated');
  v_changed := found;
  perform set_config('julia.handoff', '', true);
  return v_changed;
end $$;

create function private.lock_conversation(p_conversa uuid) returns public.conversations
language plpgsql set search_path = ''
as $$
declare
  c public.conversations;
begin
  perform 1 from public.conversations where id = p_conversa for no key update;
  if not found then
    raise exception 'conversation % does not exist', p_conversa
      using errcode = 'P0002', hint = 'It may belong to another database, or have been erased.';
  end if;
  -- Locked in one statement, read in the next: the row as the last holder left it.
  select * into c from public.conversations where id = p_conversa;
  return c;
end $$;

-- Whether something waits to be sent; what is meant for later does not.
create function private.has_pending(p_conversa uuid) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return exists (select from public.fila_mensagens
                  where conversa_id = p_conversa and status = 'pendente'
                    and coalesce(agendar_para <= api.agora(), true));
end $$;

create function api.take_over(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  c public.conversations := private.lock_conversation(private.need_uuid(p, 'conversa_id'));
  v_changed boolean;
begin
  v_changed := private.hand_over(c.id,
    private.need_word(p, 'trigger_type', variadic private.handoff_triggers()),
    private.need_text(p, 'motivo'), coalesce((p ->> 'notify')::boolean, true), p ->> 'por');
  return jsonb_build_object(
    'status', case when v_changed then 'assumida' else 'ja_humana' end,
    'control_epoch', (select control_epoch from public.conversations where id = c.id),
    'doorbell', v_changed and private.has_pending(c.id));
end $$;

create function api.give_back(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_por text := private.need_text(p, 'por');
  c public.conversations := private.lock_conversation(private.need_uuid(p, 'conversa_id'));
  h public.handoffs;
  v_changed boolean;
begin
  if c.status not in ('active', 'paused', 'escalated') then
    return jsonb_build_object('status', 'encerrada', 'conversa_id', c.id, 'instance', c.instance,
                              'doorbell', false);
  end if;
  select * into h from public.handoffs where conversa_id = c.id and status = 'pendente';
  v_changed := private.hand_back(c.id, v_por);
  select * into h from public.handoffs where id = h.id;
  return jsonb_build_object(
    'status', case when v_changed then 'devolvida' else 'ja_julia' end,
    'conversa_id', c.id, 'instance', c.instance, 'handoff_id', h.id,
    'duracao_s', extract(epoch from h.duracao), 'doorbell', private.has_pending(c.id));
end $$;
