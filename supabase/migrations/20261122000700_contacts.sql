-- One person stays one person: phone, ninth-digit form and LID lead to one contact.

-- All contacts that the given addresses lead to. A phone also finds a doctor who was imported.
create function private.contacts_of(p_instance text, p_identities jsonb) returns uuid[]
language sql stable set search_path = ''
as $$
  select coalesce(array_agg(distinct m order by m), '{}') from (
    select ci.medico_id as m
      from jsonb_array_elements(p_identities) i
      join public.contact_identities ci on ci.instance = p_instance and ci.jid = i ->> 'jid'
    union
    select d.id
      from jsonb_array_elements(p_identities) i
      join public.medicos d on d.telefone = '+' || split_part(i ->> 'jid', '@', 1)
     where i ->> 'kind' = 'phone' and d.merged_into is null
  ) found
$$;

-- Makes one contact of two; answers which one stays. Locks conversations, then contacts, by id.
create function private.merge_contacts(p_a uuid, p_b uuid) returns uuid
language plpgsql set search_path = ''
as $$
declare
  v_winner uuid;
  v_loser uuid;
  l public.medicos;
  lc public.conversations;
  wc public.conversations;
  v_collides boolean;
begin
  perform 1 from public.conversations where medico_id in (p_a, p_b) order by id for no key update;
  perform 1 from public.medicos where id in (p_a, p_b) order by id for no key update;
  -- The one with a phone is the one that people know; else the older.
  select id into v_winner from public.medicos where id in (p_a, p_b) and merged_into is null
   order by telefone is null, created_at, id limit 1;
  v_loser := case when v_winner = p_a then p_b else p_a end;
  select * into l from public.medicos where id = v_loser;
  if l.merged_into is not null then
    return v_winner;
  end if;

  for lc in select * from public.conversations where medico_id = v_loser order by id loop
    select * into wc from public.conversations
     where medico_id = v_winner and instance = lc.instance
       and status in ('active', 'paused', 'escalated');
    if not found or lc.status in ('completed', 'abandoned') then
      update public.conversations
         set medico_id = v_winner, control_epoch = control_epoch + 1 where id = lc.id;
      continue;
    end if;
    v_collides := exists (select from public.fila_mensagens
      where conversa_id in (lc.id, wc.id) and status in ('processando', 'incerta'));
    perform private.cancel_pending(lc.id, array['reply', 'handoff_notice', 'canary'], 'SUPERSEDED');
    update public.conversations
       set status = 'completed', closed_at = api.agora(), control_epoch = control_epoch + 1,
           due_at = null, quiet_at = null, first_pending_at = null,
           lease_token = null, lease_owner = null, lease_until = null, lease_turno_id = null
     where id = lc.id;
    with moved as (
      select id, row_number() over (order by id) as n from public.interacoes where conversa_id = lc.id
    )
    update public.interacoes i
       set conversa_id = wc.id, medico_id = v_winner,
           inbox_seq = case when i.inbox_seq is null then null else wc.inbox_seq + moved.n end
      from moved where moved.id = i.id;
    update public.inbox_keys set conversa_id = wc.id where conversa_id = lc.id;
    update public.conversations c
       set control_epoch = control_epoch + 1,
           inbox_seq = coalesce((select max(inbox_seq) from public.interacoes
                                  where conversa_id = wc.id), c.inbox_seq),
           message_count = c.message_count + lc.message_count,
           due_at = case when c.controlled_by = 'ai' and exists (
                      select from public.interacoes where conversa_id = wc.id and situacao = 'pendente')
                    then api.agora() end,
           first_pending_at = coalesce(least(c.first_pending_at, lc.first_pending_at), api.agora()),
           lease_token = null, lease_owner = null, lease_until = null, lease_turno_id = null
     where id = wc.id;
    if wc.controlled_by = 'human' then
      update public.interacoes set situacao = 'humano'
       where conversa_id = wc.id and situacao = 'pendente';
    elsif lc.controlled_by = 'human' or v_collides then
      perform private.hand_over(wc.id, 'contato_unificado',
        'Dois cadastros da mesma pessoa foram unidos; confira o que já foi combinado', false);
    end if;
  end loop;

  update public.contact_identities set medico_id = v_winner where medico_id = v_loser;
  update public.medicos set merged_into = v_winner, telefone = null, crm = null where id = v_loser;
  update public.medicos w
     set telefone = coalesce(w.telefone, l.telefone), crm = coalesce(w.crm, l.crm),
         primeiro_nome = coalesce(w.primeiro_nome, l.primeiro_nome),
         sobrenome = coalesce(w.sobrenome, l.sobrenome),
         nome_whatsapp = coalesce(w.nome_whatsapp, l.nome_whatsapp),
         especialidade_id = coalesce(w.especialidade_id, l.especialidade_id),
         opted_out = w.opted_out or l.opted_out,
         opted_out_at = coalesce(greatest(w.opted_out_at, l.opted_out_at), w.opted_out_at, l.opted_out_at),
         opted_out_reason = coalesce(w.opted_out_reason, l.opted_out_reason),
         ultima_entrada_em = greatest(w.ultima_entrada_em, l.ultima_entrada_em)
   where w.id = v_winner;
  return v_winner;
end $$;

-- The contact behind the addresses: found, completed, united or made. The caller holds no
-- conversation yet.
create function private.resolve_contact(p_instance text, p_identities jsonb, p_push_name text)
returns uuid
language plpgsql set search_path = ''
as $$
declare
  v_contacts uuid[] := private.contacts_of(p_instance, p_identities);
  v_contact uuid;
  v_other uuid;
  v_phone text;
begin
  if cardinality(v_contacts) = 1 and not exists (
    select from jsonb_array_elements(p_identities) i
     where not exists (select from public.contact_identities ci
                        where ci.instance = p_instance and ci.jid = i ->> 'jid')) then
    return v_contacts[1];
  end if;

  -- Something is to be learnt: one at a time for each address, in one order for all.
  perform pg_advisory_xact_lock(hashtextextended('jid:' || jid, 0))
     from (select distinct i ->> 'jid' as jid from jsonb_array_elements(p_identities) i
            order by 1) ordered;
  v_contacts := private.contacts_of(p_instance, p_identities);

  select '+' || split_part(i ->> 'jid', '@', 1) into v_phone
    from jsonb_array_elements(p_identities) i where i ->> 'kind' = 'phone' limit 1;

  if cardinality(v_contacts) = 0 then
    insert into public.medicos (nome_whatsapp, telefone) values (p_push_name, v_phone)
    returning id into v_contact;
  else
    v_contact := v_contacts[1];
    foreach v_other in array v_contacts[2:] loop
      v_contact := private.merge_contacts(v_contact, v_other);
    end loop;
    if v_phone is not null then
      update public.medicos set telefone = v_phone where id = v_contact and telefone is null;
    end if;
  end if;

  insert into public.contact_identities (instance, jid, kind, medico_id)
  select distinct on (i ->> 'jid') p_instance, i ->> 'jid', i ->> 'kind', v_contact
    from jsonb_array_elements(p_identities) i
  on conflict (instance, jid) do nothing;
  return v_contact;
end $$;

create function private.need_identities(p jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  if jsonb_typeof(p -> 'identities') is distinct from 'array'
     or jsonb_array_length(p -> 'identities') = 0
     or exists (select from jsonb_array_elements(p -> 'identities') i
                 where coalesce(i ->> 'jid', '') !~ '^[0-9]+@(s\.whatsapp\.net|lid)$'
                    or coalesce(i ->> 'kind', '') not in ('phone', 'lid')) then
    perform private.argument_missing('identities', 'list of {kind: phone|lid, jid}');
  end if;
  return p -> 'identities';
end $$;

-- The number's row, made at first sight.
create function private.ensure_instance(p_instance text) returns void
language sql volatile set search_path = ''
as $$ insert into public.whatsapp_instances (instance)
      select p_instance where not exists
        (select from public.whatsapp_instances where instance = p_instance)
      on conflict do nothing $$;

-- The contact's open conversation on this number, locked; made if there is none. With an opt-out
-- every conversation of the contact is locked, by id.
create function private.open_conversation(
  p_instance text, p_identities jsonb, p_push_name text, p_all boolean)
returns public.conversations
language plpgsql set search_path = ''
as $$
declare
  v_medico uuid;
  c public.conversations;
begin
  perform private.ensure_instance(p_instance);
  for attempt in 1..5 loop
    v_medico := private.resolve_contact(p_instance, p_identities, p_push_name);
    insert into public.conversations (medico_id, instance)
    select v_medico, p_instance where not exists (
      select from public.conversations
       where medico_id = v_medico and instance = p_instance
         and status in ('active', 'paused', 'escalated'))
    on conflict do nothing;
    perform 1 from public.conversations
      where medico_id = v_medico
        and (p_all or (instance = p_instance and status in ('active', 'paused', 'escalated')))
      order by id for no key update;
    select * into c from public.conversations
     where medico_id = v_medico and instance = p_instance
       and status in ('active', 'paused', 'escalated');
    -- Closed or united with another meanwhile: look again.
    if found then
      return c;
    end if;
  end loop;
  raise exception 'no open conversation could be had: the contact is being united with another'
    using errcode = '55P03', hint = 'Try again.';
end $$;
