-- One person stays one person: phone, ninth-digit form and LID lead to one contact.

-- All standing contacts that the given addresses lead to, by id; those united with another lead to
-- the one that stayed. A phone also finds a doctor who was imported, or is known by it elsewhere.
create function private.contacts_of(p_instance text, p_identities jsonb) returns uuid[]
language plpgsql stable set search_path = ''
as $$
declare
  -- Arrays, because a join with a set of unknown size reads the tables whole.
  v_jids text[] := array(select i ->> 'jid' from jsonb_array_elements(p_identities) i);
  v_phones text[] := array(select '+' || split_part(i ->> 'jid', '@', 1)
                             from jsonb_array_elements(p_identities) i where i ->> 'kind' = 'phone');
  v_found uuid[];
begin
  v_found := array(
    select medico_id from public.contact_identities
     where instance = p_instance and jid = any (v_jids)
    union
    select medico_id from public.contact_identities where kind = 'phone' and jid = any (v_jids)
    union
    select id from public.medicos where telefone = any (v_phones));
  v_found := array(
    select unnest(v_found)
    union
    select i.medico_id from public.contact_identities i where i.tambem_de = any (v_found)
    union
    select m.id from public.contact_identities i join public.medicos m on m.id = i.tambem_de
     where i.medico_id = any (v_found) and m.deleted_at is null);
  while exists (select from public.medicos where id = any (v_found) and merged_into is not null) loop
    v_found := array(select distinct coalesce(merged_into, id) from public.medicos
                      where id = any (v_found));
  end loop;
  return array(select unnest(v_found) order by 1);
end $$;

-- The contact and those that were united with it: what was done for them was done for this person.
create function private.united_in(p_medico uuid) returns uuid[]
language plpgsql stable set search_path = ''
as $$
begin
  return array(
    with recursive united as (
      select p_medico as id
      union
      select m.id from united join public.medicos m on m.merged_into = united.id
    )
    select id from united);
end $$;

create function private.phone_of(p_identities jsonb) returns text
language sql immutable set search_path = ''
as $$
  select '+' || split_part(i ->> 'jid', '@', 1)
    from jsonb_array_elements(p_identities) with ordinality as t (i, n)
   where i ->> 'kind' = 'phone' order by n limit 1
$$;

-- A phone under which the contact was known stays one of its addresses: who has it now may not be that
-- doctor any more, but a list that brings it again brings nobody new.
create function private.keep_phone(p_medico uuid, p_telefone text) returns void
language sql volatile set search_path = ''
as $$
  insert into public.contact_identities (instance, jid, kind, medico_id)
  select distinct instance, ltrim(p_telefone, '+') || '@s.whatsapp.net', 'phone', p_medico
    from public.contact_identities where medico_id = p_medico and p_telefone is not null
  on conflict (instance, jid) do nothing
$$;

-- The doctor wrote from this phone last: it is where we answer. The caller holds the contact.
create function private.note_phone(m public.medicos, p_telefone text) returns void
language plpgsql set search_path = ''
as $$
begin
  -- Evidence of what is being sent is looked for by where it went.
  if m.telefone <> p_telefone and not exists (
       select from public.envios e join public.conversations c on c.id = e.conversa_id
        where c.medico_id = m.id and e.status in ('aberto', 'incerto')) then
    perform private.keep_phone(m.id, m.telefone);
    update public.medicos
       set telefone = p_telefone, telefone_origem = 'whatsapp',
           telefone_base_legal = 'contato_do_titular', telefone_desde = api.agora()
     where id = m.id
       and not exists (select from public.medicos where telefone = p_telefone);
  end if;
exception when unique_violation then
  -- A list brought it meanwhile: both are united with the next message.
  raise exception 'the phone has just come by a list' using errcode = '55P03', hint = 'Try again.';
end $$;

-- Turns of which nothing can have been sent yet: every part waits, and none for a second attempt.
create function private.unsent_turns(p_conversa uuid) returns setof uuid
language sql stable set search_path = ''
as $$
  select f.turno_id from public.fila_mensagens f
   where f.conversa_id = p_conversa and f.status = 'pendente' and f.kind = 'reply'
   group by f.turno_id
  having max(f.reenvios) = 0 and not exists (
    select from public.fila_mensagens o
     where o.turno_id = f.turno_id and o.status <> 'pendente' and o.outcome is distinct from 'JOINED')
$$;

-- Makes an unsent turn as if it had not been: its messages are unanswered again.
create function private.take_back_turn(p_turno uuid) returns void
language sql volatile set search_path = ''
as $$
  update public.fila_mensagens
     set status = 'cancelada', outcome = 'SUPERSEDED', reservado = false,
         next_ring_at = null, next_try_at = null
   where turno_id = p_turno and status = 'pendente';
  update public.interacoes
     set turno_id = null,
         situacao = case when apagada_em is null then 'pendente' else 'apagada' end
   where turno_id = p_turno and tipo = 'entrada'
$$;

-- Locks what belongs to the contacts: conversations, then the contacts themselves, each by id.
create function private.lock_contacts(p_contacts uuid[]) returns void
language plpgsql set search_path = ''
as $$
begin
  perform 1 from public.conversations where medico_id = any (p_contacts)
    order by id for no key update;
  perform 1 from public.medicos where id = any (p_contacts) order by id for no key update;
end $$;

-- The conversation goes to the other contact as it is; drafts under way must be made anew.
create function private.move_conversation(p_conversa uuid, p_medico uuid) returns void
language plpgsql set search_path = ''
as $$
declare
  v_lapsed boolean := private.lapse_draft(p_conversa, 'contato_unificado');
begin
  update public.conversations set medico_id = p_medico, control_epoch = control_epoch + 1
   where id = p_conversa;
  perform private.end_lease(p_conversa, api.agora(), '[]') where v_lapsed;
  update public.fila_mensagens f set control_epoch = c.control_epoch
    from public.conversations c
   where c.id = p_conversa and f.conversa_id = c.id
     and f.status in ('pendente', 'processando', 'incerta');
end $$;

-- Two open conversations on one number become one. What was said moves to the one that stays, what
-- the other had not sent is answered there; a person looks when something may be contradictory.
create function private.merge_conversations(lc public.conversations, wc public.conversations)
returns void
language plpgsql set search_path = ''
as $$
declare
  v_doubtful boolean;
begin
  perform private.lapse_draft(lc.id, 'contato_unificado');
  perform private.take_back_turn(t) from private.unsent_turns(lc.id) t;
  v_doubtful := lc.controlled_by = 'human' or exists (
    select from public.fila_mensagens
     where conversa_id in (lc.id, wc.id) and status in ('processando', 'incerta')) or exists (
    select from public.fila_mensagens
     where conversa_id = lc.id and status = 'pendente' and kind = 'reply');

  with moved as (
    select id, row_number() over (order by inbox_seq) as n
      from public.interacoes where conversa_id = lc.id and inbox_seq is not null
  )
  update public.interacoes i set inbox_seq = wc.inbox_seq + moved.n
    from moved where moved.id = i.id;
  update public.interacoes set conversa_id = wc.id where conversa_id = lc.id;
  update public.inbox_keys set conversa_id = wc.id where conversa_id = lc.id;
  perform private.merge_context_of_conversations(lc, wc);
  update public.conversations set status = 'completed', medico_id = wc.medico_id where id = lc.id;

  update public.conversations
     set inbox_seq = wc.inbox_seq + lc.inbox_seq,
         message_count = message_count + lc.message_count,
         last_message_at = greatest(last_message_at, lc.last_message_at),
         first_pending_at = least(first_pending_at, lc.first_pending_at),
         -- What goes to a campaign of the other's waits for approval as it would have there.
         copiloto = case when private.copilot_by(lc) in ('conversa', 'campanha') then true
                         else copiloto end,
         stage = case when lc.stage_at > coalesce(stage_at, '-infinity') then lc.stage else stage end,
         stage_at = greatest(stage_at, lc.stage_at)
   where id = wc.id;
  perform private.move_conversation(wc.id, wc.medico_id);
  perform private.end_lease(wc.id, api.agora(), '[]');
  if wc.controlled_by = 'human' then
    update public.interacoes set situacao = 'humano'
     where conversa_id = wc.id and situacao = 'pendente';
  elsif v_doubtful then
    perform private.hand_over(wc.id, 'contato_unificado',
      'Dois cadastros da mesma pessoa foram unidos; confira o que já foi combinado', false);
  end if;
end $$;

-- Makes one contact of two; answers which one stays. The caller holds the locks of both.
create function private.merge_contacts(p_a uuid, p_b uuid) returns uuid
language plpgsql set search_path = ''
as $$
declare
  w public.medicos;
  l public.medicos;
  lc public.conversations;
  wc public.conversations;
  v_collide boolean;
begin
  -- The one with a phone is the one that people know; else the older.
  select * into w from public.medicos where id in (p_a, p_b)
   order by telefone is null, created_at, id limit 1;
  select * into l from public.medicos where id in (p_a, p_b) and id <> w.id;

  v_collide := private.merge_bookings(l.id, w.id);
  for lc in select * from public.conversations where medico_id = l.id order by id loop
    select * into wc from public.conversations
     where medico_id = w.id and instance = lc.instance
       and status in ('active', 'paused', 'escalated');
    if found and lc.status in ('active', 'paused', 'escalated') then
      perform private.merge_conversations(lc, wc);
    else
      perform private.move_conversation(lc.id, w.id);
    end if;
  end loop;

  update public.contact_identities set medico_id = w.id where medico_id = l.id;
  update public.contact_identities set tambem_de = nullif(w.id, medico_id)
   where tambem_de in (l.id, w.id);
  update public.interacoes set medico_id = w.id where medico_id = l.id;
  update public.fila_mensagens set medico_id = w.id where medico_id = l.id;
  update public.handoffs set medico_id = w.id where medico_id = l.id;
  perform private.merge_context_of_contacts(l.id, w.id);
  perform private.merge_campaigns(l.id, w.id);
  update public.medicos set merged_into = w.id, telefone = null, crm = null where id = l.id;
  update public.medicos
     set telefone = coalesce(w.telefone, l.telefone),
         telefone_origem = coalesce(w.telefone_origem, l.telefone_origem),
         telefone_base_legal = coalesce(w.telefone_base_legal, l.telefone_base_legal),
         telefone_desde = coalesce(w.telefone_desde, l.telefone_desde), crm = coalesce(w.crm, l.crm),
         primeiro_nome = coalesce(w.primeiro_nome, l.primeiro_nome),
         sobrenome = coalesce(w.sobrenome, l.sobrenome),
         nome_whatsapp = coalesce(w.nome_whatsapp, l.nome_whatsapp),
         especialidade_id = coalesce(w.especialidade_id, l.especialidade_id),
         cidade = coalesce(w.cidade, l.cidade), estado = coalesce(w.estado, l.estado),
         instance = coalesce(w.instance, l.instance),
         ultima_entrada_em = greatest(w.ultima_entrada_em, l.ultima_entrada_em),
         sem_contato_ate = greatest(w.sem_contato_ate, l.sem_contato_ate),
         sem_contato_desde = greatest(w.sem_contato_desde, l.sem_contato_desde)
   where id = w.id;
  perform private.keep_phone(w.id, l.telefone) where l.telefone <> w.telefone;
  if l.opted_out then
    perform private.record_opt_out(w.id, l.opted_out_at, l.opted_out_reason);
  end if;
  if v_collide then
    perform private.hand_over(c.id, 'contato_unificado',
      'Dois cadastros da mesma pessoa foram unidos e têm plantões no mesmo horário', false)
      from public.conversations c
     where c.medico_id = w.id and c.status in ('active', 'paused', 'escalated');
  end if;
  return w.id;
end $$;

-- The contact behind the addresses: found, completed, united or made; null when it changed under
-- our hands and must be looked for again.
create function private.resolve_contact(p_instance text, p_identities jsonb, p_push_name text)
returns uuid
language plpgsql set search_path = ''
as $$
declare
  v_jids text[] := array(select distinct i ->> 'jid' from jsonb_array_elements(p_identities) i
                          order by 1);
  v_contacts uuid[] := private.contacts_of(p_instance, p_identities);
  v_contact uuid;
  v_other uuid;
begin
  if cardinality(v_contacts) = 1 and cardinality(v_jids) = (
    select count(*) from public.contact_identities
     where instance = p_instance and jid = any (v_jids)) then
    return v_contacts[1];
  end if;

  -- Something is to be learnt: one at a time for each address, in one order for all.
  perform pg_advisory_xact_lock(hashtextextended('jid:' || jid, 0))
     from unnest(v_jids) as jid;
  v_contacts := private.contacts_of(p_instance, p_identities);

  if cardinality(v_contacts) = 0 then
    insert into public.medicos (nome_whatsapp, telefone, telefone_origem)
    values (p_push_name, private.phone_of(p_identities), 'whatsapp')
    on conflict (telefone) where telefone is not null do nothing
    returning id into v_contact;
    if not found then
      return null;
    end if;
  elsif cardinality(v_contacts) = 1 then
    v_contact := v_contacts[1];
  else
    perform private.lock_contacts(v_contacts);
    if private.contacts_of(p_instance, p_identities) <> v_contacts then
      return null;
    end if;
    v_contact := v_contacts[1];
    foreach v_other in array v_contacts[2:] loop
      v_contact := private.merge_contacts(v_contact, v_other);
    end loop;
  end if;

  insert into public.contact_identities (instance, jid, kind, medico_id)
  select distinct on (i ->> 'jid') p_instance, i ->> 'jid', i ->> 'kind', v_contact
    from jsonb_array_elements(p_identities) i
  on conflict (instance, jid) do nothing;
  return v_contact;
end $$;

-- Whether the addresses, which lead to `p_contacts`, are certainly not this contact's: both are known
-- by a phone, or both by a LID. Two that are known by one kind each may be one person.
create function private.is_somebody_else(
  p_medico uuid, p_instance text, p_identities jsonb, p_contacts uuid[])
returns boolean
language sql stable set search_path = ''
as $$
  select cardinality(p_contacts) > 0 and not p_medico = any (p_contacts) and exists (
    select from public.contact_identities mine
     where mine.medico_id = p_medico and mine.instance = p_instance
       and (mine.kind in (select i ->> 'kind' from jsonb_array_elements(p_identities) i)
            or mine.kind in (select theirs.kind from public.contact_identities theirs
                              where theirs.medico_id = any (p_contacts)
                                and theirs.instance = p_instance)))
$$;

-- Who asked one record of ours to stop has asked the other: an opt-out or a silence of `p_from` binds
-- `p_to` too, at its next claim. The caller may lock `p_to`.
create function private.share_silence(p_from uuid, p_to uuid) returns void
language plpgsql set search_path = ''
as $$
declare
  m public.medicos;
begin
  select * into m from public.medicos where id = p_from;
  if m.opted_out then
    perform private.record_opt_out(p_to, m.opted_out_at, m.opted_out_reason);
  end if;
  update public.medicos
     set sem_contato_ate = greatest(sem_contato_ate, m.sem_contato_ate),
         sem_contato_desde = greatest(sem_contato_desde, m.sem_contato_desde)
   where id = p_to and m.sem_contato_ate > coalesce(sem_contato_ate, '-infinity');
end $$;

-- WhatsApp's answer says by which address it knows the contact that we wrote to. Learnt if nobody else
-- has it and nobody is learning it right now: who holds a conversation may not wait for that, nor lock
-- the other's, so that two contacts found to be one are united later. What one of them asked us not to
-- do binds the other at once. That of an address whose owner is somebody else, who has the phone now,
-- binds the contact whose phone it was, and no more.
create function private.learn_address(p_medico uuid, p_instance text, p_jid text) returns void
language plpgsql set search_path = ''
as $$
declare
  v_jid text := private.canonical_phone(p_jid);
  v_kind text := case when v_jid like '%@lid' then 'lid' else 'phone' end;
  v_identities jsonb := jsonb_build_array(jsonb_build_object('kind', v_kind, 'jid', v_jid));
  v_found uuid[];
  v_other uuid;
begin
  if coalesce(v_jid !~ '^[0-9]+@(s\.whatsapp\.net|lid)$', true) then
    return;
  end if;
  v_found := private.contacts_of(p_instance, v_identities);
  if pg_try_advisory_xact_lock(hashtextextended('jid:' || v_jid, 0)) then
    insert into public.contact_identities (instance, jid, kind, medico_id)
    values (p_instance, v_jid, v_kind, p_medico)
    on conflict do nothing;
  end if;
  foreach v_other in array array_remove(v_found, p_medico) loop
    perform private.share_silence(v_other, p_medico);
    continue when private.is_somebody_else(p_medico, p_instance, v_identities, v_found)
      or (select telefone from public.medicos where id = v_other)
         <> (select telefone from public.medicos where id = p_medico);
    update public.contact_identities set tambem_de = p_medico
     where instance = p_instance and jid = v_jid and medico_id = v_other
       and tambem_de is distinct from p_medico;
    -- Two such answers at once would wait for each other.
    perform 1 from public.medicos where id = v_other for no key update skip locked;
    continue when not found;
    perform private.share_silence(p_medico, v_other);
  end loop;
end $$;

-- Who is one with the contact, and not united yet: see learn_address.
create function private.twins_of(p_medico uuid) returns setof uuid
language sql stable set search_path = ''
as $$
  select medico_id from public.contact_identities where tambem_de = p_medico
  union
  select tambem_de from public.contact_identities
   where medico_id = p_medico and tambem_de is not null
$$;

-- Of two who are one and not united yet, whoever says it and of whichever.
create function private.medicos_share_opt_out() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_other uuid;
begin
  for v_other in select private.twins_of(new.id) loop
    perform 1 from public.medicos where id = v_other and not opted_out
      for no key update skip locked;
    continue when not found;
    perform private.share_silence(new.id, v_other);
  end loop;
  return null;
end $$;

-- Of any update: a trigger before it may have set `opted_out` too.
create trigger medicos_share_opt_out after update on public.medicos
for each row when (new.opted_out and not old.opted_out)
execute function private.medicos_share_opt_out();

-- What was copied from the one ends with it: a person who lets the one be written to means the other.
create function private.medicos_share_release() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_other uuid;
begin
  for v_other in select private.twins_of(new.id) loop
    perform 1 from public.medicos
      where id = v_other and opted_out and opted_out_at = old.opted_out_at
        for no key update skip locked;
    continue when not found;
    update public.medicos set opted_out = false where id = v_other;
  end loop;
  return null;
end $$;

create trigger medicos_share_release after update on public.medicos
for each row when (old.opted_out and not new.opted_out)
execute function private.medicos_share_release();

-- The addresses that are given, each in the form under which its owner is known.
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
  return (
    select jsonb_agg(i || jsonb_build_object('jid', private.canonical_phone(i ->> 'jid')) order by n)
      from jsonb_array_elements(p -> 'identities') with ordinality as t (i, n));
end $$;

-- The number's row, made at first sight.
create function private.ensure_instance(p_instance text) returns void
language sql volatile set search_path = ''
as $$ insert into public.whatsapp_instances (instance)
      select p_instance where not exists
        (select from public.whatsapp_instances where instance = p_instance)
      on conflict do nothing $$;

-- When the number brought its first message of a person's; the canary is none. In plpgsql, because it
-- refers to what a later file creates.
create function private.first_heard(p_instance text) returns timestamptz
language plpgsql stable set search_path = ''
as $$
begin
  return (select min(created_at) from public.inbox_keys
           where instance = p_instance and not private.is_canary_key(key_id));
end $$;

-- The contact's open conversation on this number, locked, and the contact's row after it; made if
-- there is none. With an opt-out every conversation of the contact is locked, by id.
create function private.open_conversation(
  p_instance text, p_identities jsonb, p_push_name text, p_all boolean)
returns public.conversations
language plpgsql set search_path = ''
as $$
declare
  v_medico uuid;
  v_phone text := private.phone_of(p_identities);
  m public.medicos;
  c public.conversations;
begin
  perform private.ensure_instance(p_instance);
  for attempt in 1..5 loop
    v_medico := private.resolve_contact(p_instance, p_identities, p_push_name);
    continue when v_medico is null;
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
    perform 1 from public.medicos where id = v_medico for no key update;
    select * into m from public.medicos where id = v_medico;
    select * into c from public.conversations
     where medico_id = v_medico and instance = p_instance
       and status in ('active', 'paused', 'escalated');
    -- Closed or united with another meanwhile: look again.
    continue when not found;
    if m.merged_into is not null then
      -- Nobody else saw what we have just opened for a contact that is no more.
      delete from public.conversations where id = c.id;
      continue;
    end if;
    if m.telefone is null and v_phone is not null then
      update public.medicos
         set telefone = v_phone, telefone_origem = 'whatsapp',
             telefone_base_legal = case when ultima_entrada_em is not null
                                        then 'contato_do_titular' end
       where id = m.id
         and not exists (select from public.medicos where telefone = v_phone);
    end if;
    return c;
  end loop;
  raise exception 'no open conversation could be had: the contact is being united with another'
    using errcode = '55P03', hint = 'Try again.';
end $$;
