-- A doctor's right to be forgotten: what is held about a person goes, in one transaction, and nothing
-- brings it back. What stays are ids without words: the ledger, the proofs and the ceilings count rows.
-- Who was erased is known by keyed hashes of her addresses alone, so that a list that has her again
-- finds her opted out. See docs/how-to/lgpd.md and docs/adr/0014.

create extension if not exists pgcrypto with schema extensions;

-- Made here, once: hashes of two databases say nothing about each other. In the backups, with the hashes.
create table private.supressao_chave (
  unica boolean primary key default true check (unica),
  chave bytea not null default extensions.gen_random_bytes(32)
);
insert into private.supressao_chave default values;

-- Whom we may not write to of our own accord, whatever list has her. `desde`: her last erasure.
create table private.supressoes (
  hash bytea primary key check (length(hash) = 32),
  desde timestamptz not null
);
revoke all on private.supressao_chave, private.supressoes from public, anon, authenticated, service_role;

-- What was erased when, by whom, for which request (`protocolo`), and how many rows of which table.
-- Of whom, it does not say.
create table public.eliminacoes (
  id uuid primary key default gen_random_uuid(),
  protocolo text not null check (protocolo <> ''),
  por text not null check (por <> ''),
  -- Rows deleted or emptied, by table.
  linhas jsonb not null,
  reservas_canceladas integer not null default 0,
  created_at timestamptz not null default api.agora()
);
create index eliminacoes_protocolo_idx on public.eliminacoes (protocolo);
alter table public.eliminacoes enable row level security;
revoke all on public.eliminacoes from anon, authenticated, service_role;

-- Rows that stay because ids refer to them; nothing is written into them any more.
alter table public.medicos add column eliminado_em timestamptz;
alter table public.conversations add column eliminada_em timestamptz;
comment on column public.medicos.eliminado_em is 'Erased at her request; the row is an id and no person.';

alter table public.chatwoot_efeitos drop constraint chatwoot_efeitos_tipo_check;
alter table public.chatwoot_efeitos add constraint chatwoot_efeitos_tipo_check check (tipo in
  ('mensagem', 'assumida', 'devolvida', 'nota', 'rascunho', 'decisao', 'eliminacao'));

-- Suppression.

-- Of a JID as need_identities has it, or of `crm:` and a registration.
create function private.suppression_hash(p_address text) returns bytea
language sql stable set search_path = ''
as $$
  select extensions.hmac(convert_to(p_address, 'UTF8'), chave, 'sha256')
    from private.supressao_chave
$$;

create function private.phone_address(p_telefone text) returns text
language sql immutable set search_path = ''
as $$ select ltrim(private.canonical_phone(p_telefone), '+') || '@s.whatsapp.net' $$;

create function private.crm_address(p_crm text) returns text
language sql immutable set search_path = ''
as $$
  -- CRM/SP 123456, 123456-SP: the state and the number, whichever comes first.
  select 'crm:' || regexp_replace(w, '[^a-z]', '', 'g')
                || nullif(ltrim(regexp_replace(w, '[^0-9]', '', 'g'), '0'), '')
    from replace(private.plain(p_crm), 'crm', '') w
$$;

-- When the person behind one of these addresses was erased last; null: never.
create function private.erased_at(variadic p_addresses text[]) returns timestamptz
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select max(s.desde) from private.supressoes s
     where s.hash in (select private.suppression_hash(a) from unnest(p_addresses) a where a is not null));
end $$;

-- Somebody who was erased comes back, by a list or by her own words: opted out since then, like any
-- doctor who said stop. Of our own accord nothing goes; what she writes after it is answered.
create function private.medicos_suppressed() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_since timestamptz := private.erased_at(
    private.phone_address(new.telefone), private.crm_address(new.crm));
begin
  -- Not of one more phone of whom we knew: a person may have decided otherwise since.
  if v_since is not null and not new.opted_out and not exists (
       select from public.paradas_contato where medico_id = new.id
          and tipo = 'definitiva' and dita_em >= v_since) then
    new.opted_out := true;
    new.opted_out_at := v_since;
    new.opted_out_reason := private.suppression_reason();
    new.stage_jornada := 'opt_out';
  end if;
  return new;
end $$;

create function private.suppression_reason() returns text
language sql immutable
as $$ select 'Pediu a eliminação dos dados (LGPD)' $$;

-- After the trigger that gives the phone its one form.
create trigger medicos_suppressed before insert on public.medicos
for each row when (new.telefone is not null or new.crm is not null)
execute function private.medicos_suppressed();
-- Not of what only is written again: a person may have decided otherwise since.
create trigger medicos_suppressed_later before update of telefone, crm on public.medicos
for each row when ((new.telefone is distinct from old.telefone or new.crm is distinct from old.crm)
                   and new.eliminado_em is null)
execute function private.medicos_suppressed();

-- The same, learnt by a LID; and what was learnt too late of somebody erased is forgotten.
create function private.identities_suppressed() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_since timestamptz := private.erased_at(new.jid);
begin
  -- Not of one more address of whom we knew: a person may have decided otherwise since.
  if v_since is not null and not exists (
       select from public.paradas_contato where medico_id = new.medico_id
          and tipo = 'definitiva' and dita_em >= v_since) then
    update public.medicos
       set opted_out = true, opted_out_at = v_since, opted_out_reason = private.suppression_reason(),
           stage_jornada = 'opt_out'
     where id = new.medico_id and not opted_out and eliminado_em is null;
  end if;
  return null;
end $$;
create trigger identities_suppressed after insert or update of jid on public.contact_identities
for each row execute function private.identities_suppressed();

-- Nothing is written about somebody erased: a turn, a send, a shadow, a command may still be on its way.

-- For tables with `medico_id`. Waits for an erasure that is under way: it holds the doctor.
create function private.erased_doctor_gets_no_row() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from public.medicos where id = new.medico_id for key share;
  if exists (select from public.medicos where id = new.medico_id and eliminado_em is not null) then
    return null;
  end if;
  return new;
end $$;

-- For tables with `conversa_id` alone, whose writers hold the conversation.
create function private.erased_conversation_gets_no_row() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.conversations where id = new.conversa_id and eliminada_em is not null) then
    return null;
  end if;
  return new;
end $$;

create function private.erased_turn_gets_no_row() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.turnos t join public.conversations c on c.id = t.conversa_id
              where t.id = new.turno_id and c.eliminada_em is not null) then
    return null;
  end if;
  return new;
end $$;

do $$
declare
  t text;
begin
  foreach t in array array[
    'contact_identities', 'interacoes', 'fila_mensagens', 'handoffs', 'doctor_context', 'diretrizes',
    'recusas_vagas', 'documentos', 'metricas_deteccao_bot', 'notificacoes_gestor', 'decisoes_medicos']
  loop
    execute format('create trigger a_erased before insert on public.%I for each row '
      'when (new.medico_id is not null) execute function private.erased_doctor_gets_no_row()', t);
  end loop;
  foreach t in array array['fatos_conversa', 'rascunhos_copiloto', 'chatwoot_entregas'] loop
    execute format('create trigger a_erased before insert on public.%I for each row '
      'execute function private.erased_conversation_gets_no_row()', t);
  end loop;
end $$;
create trigger a_erased before insert on public.chatwoot_efeitos
for each row when (new.tipo <> 'eliminacao') execute function private.erased_conversation_gets_no_row();
create trigger a_erased before insert on public.rascunhos_sombra
for each row execute function private.erased_turn_gets_no_row();

-- That a manager switched the mode stays, and not what was said of her.
create function private.erased_conversation_gets_no_words() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.conversations where id = new.alvo_id and eliminada_em is not null) then
    new.motivo := private.erased_text();
  end if;
  return new;
end $$;
create trigger a_erased before insert on public.decisoes_copiloto
for each row when (new.alvo = 'conversa') execute function private.erased_conversation_gets_no_words();

-- A conversation that was opened for her while she was erased would hold words of nobody.
create function private.erased_doctor_opens_nothing() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from public.medicos where id = new.medico_id for key share;
  if exists (select from public.medicos where id = new.medico_id and eliminado_em is not null) then
    raise exception 'doctor % has just been erased', new.medico_id
      using errcode = '55P03', hint = 'Try again.';
  end if;
  return new;
end $$;
create trigger a_erased before insert on public.conversations
for each row execute function private.erased_doctor_opens_nothing();

create function private.medicos_keep_erased() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.primeiro_nome := null;
  new.sobrenome := null;
  new.nome_whatsapp := null;
  new.telefone := null;
  new.crm := null;
  new.especialidade_id := null;
  new.cidade := null;
  new.estado := null;
  new.instance := null;
  new.ultima_entrada_em := null;
  new.sem_contato_ate := null;
  new.sem_contato_desde := null;
  new.stage_jornada := 'opt_out';
  new.opted_out := true;
  new.opted_out_at := new.eliminado_em;
  new.opted_out_reason := private.suppression_reason();
  new.deleted_at := coalesce(new.deleted_at, new.eliminado_em);
  return new;
end $$;
-- Before its other triggers, which complete what it leaves.
create trigger a_erased before update on public.medicos
for each row when (new.eliminado_em is not null) execute function private.medicos_keep_erased();

-- Whatever Chatwoot has of her, known before or made while she was erased, goes there too.
create function private.conversations_keep_erased() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.chatwoot_contact_id is not null then
    insert into public.chatwoot_efeitos (conversa_id, tipo, dados)
    values (new.id, 'eliminacao', jsonb_build_object('contact_id', new.chatwoot_contact_id));
  end if;
  new.status := 'completed';
  new.closed_at := coalesce(new.closed_at, new.eliminada_em);
  new.controlled_by := 'ai';
  new.controlled_by_user_id := null;
  new.escalation_reason := null;
  new.chatwoot_contact_id := null;
  new.chatwoot_conversation_id := null;
  new.resumo := null;
  new.resumo_ate := null;
  new.lease_token := null;
  new.lease_owner := null;
  new.lease_until := null;
  new.lease_turno_id := null;
  new.lease_suspects := '[]';
  new.due_at := null;
  new.quiet_at := null;
  new.first_pending_at := null;
  return new;
end $$;
-- After its other triggers: its word is the last.
create trigger z_erased before update on public.conversations
for each row when (new.eliminada_em is not null) execute function private.conversations_keep_erased();

create function private.erased_text() returns text
language sql immutable
as $$ select '[eliminado]'::text $$;

-- What was being posted is recorded and settled by its ids; it is never sent again, and waits for nobody.
create function private.fila_keep_erased() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if not exists (select from public.conversations where id = new.conversa_id and eliminada_em is not null) then
    return new;
  end if;
  new.conteudo := private.erased_text();
  new.anexo := null;
  new.metadata := '{}';
  new.erro := null;
  if new.status in ('pendente', 'estacionada') then
    new.status := 'cancelada';
    new.outcome := 'BLOCKED_OPTED_OUT';
    new.reservado := false;
    new.next_ring_at := null;
    new.next_try_at := null;
    new.espera := null;
  end if;
  return new;
end $$;
create trigger a_erased_later before update on public.fila_mensagens
for each row when (new.status is distinct from old.status or new.erro is distinct from old.erro
                   or new.conteudo is distinct from old.conteudo)
execute function private.fila_keep_erased();

-- The hash of what was sent is kept while evidence is looked for by it, and no longer.
create function private.envios_keep_erased() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.conversations where id = new.conversa_id and eliminada_em is not null) then
    new.motivo := null;
    if new.status not in ('aberto', 'incerto') then
      new.text_hash := '';
    end if;
  end if;
  return new;
end $$;
create trigger a_erased before update on public.envios
for each row when (new.status is distinct from old.status or new.motivo is distinct from old.motivo
                   or new.provider_message_id is distinct from old.provider_message_id)
execute function private.envios_keep_erased();

-- Where an uncertain send of hers went nobody knows any more: evidence is its words' hash, as of a LID.
create or replace function private.destination(c public.conversations) returns text
language plpgsql stable set search_path = ''
as $$
begin
  if c.eliminada_em is not null then
    return '@';
  end if;
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

-- A person may ask for more than to be left alone; who reads it is told all that it may be about.
create or replace function private.opt_out_in_words(
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
      'o médico falou em advogado, processo, denúncia ou nos próprios dados (LGPD) e não quer mais '
      'mensagens', false, 'julia');
  end if;
  return v_waits;
end $$;

-- Null also where what it answers is gone: the doctor was erased while it was being posted.
create or replace function private.reply_times(f public.fila_mensagens) returns jsonb
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
  if v_since is null then
    return null;
  end if;
  return jsonb_build_object(
    'espera_ms', round(extract(epoch from v_merging) * 1000)::bigint,
    'idade_ms', round(extract(epoch from api.agora() - v_since) * 1000)::bigint,
    'retida', f.retida or private.paused_since(v_since));
end $$;

-- What comes late, by the provider's time, which is in whole seconds.

create function private.no_conversation() returns uuid
language sql immutable
as $$ select '00000000-0000-0000-0000-000000000000'::uuid $$;

-- The id of a message of which nothing else is kept: delivered again, it is known.
create function private.keep_key_alone(p_instance text, p_key text) returns void
language sql volatile set search_path = ''
as $$
  insert into public.inbox_keys (instance, key_id, conversa_id)
  values (p_instance, p_key, private.no_conversation()) on conflict do nothing
$$;

create function private.addresses_of(p jsonb) returns text[]
language sql immutable set search_path = ''
as $$
  select array(select i ->> 'jid' from jsonb_array_elements(
                 case when jsonb_typeof(p -> 'identities') = 'array' and p -> 'identities' <> '[]'
                      then private.need_identities(p) else '[]' end) i)
$$;

alter function api.receive_message(jsonb) set schema private;
alter function private.receive_message(jsonb) rename to store_message;
revoke execute on function private.store_message(jsonb) from service_role;

-- Of somebody erased, what she wrote before that is recorded by its id: brain may have had it in its
-- queue, and Evolution remembers it for the catch-up.
create function api.receive_message(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_instance text := private.need_text(p, 'instance');
  v_key text := private.need_text(p, 'key_id');
  v_at timestamptz := private.need_time(p, 'provider_at');
  v_addresses text[] := private.addresses_of(p);
  v_conversa uuid := (select conversa_id from public.inbox_keys
                       where instance = v_instance and key_id = v_key);
  v_answer jsonb;
begin
  if v_conversa is null and v_at <= private.erased_at(variadic v_addresses) then
    perform private.keep_key_alone(v_instance, v_key);
    v_conversa := private.no_conversation();
  end if;
  if v_conversa = private.no_conversation() then
    return '{"status": "duplicada", "doorbell": false}';
  end if;
  v_answer := private.store_message(p);
  -- She was erased while this was stored.
  if v_answer ->> 'status' <> 'duplicada' and (
       v_at <= private.erased_at(variadic v_addresses)
       or exists (select from public.medicos
                   where id = (v_answer ->> 'medico_id')::uuid and eliminado_em is not null)) then
    raise exception 'the doctor of message % has just been erased', v_key
      using errcode = '55P03', hint = 'Try again.';
  end if;
  return v_answer;
end $$;

alter function api.record_sent_event(jsonb) set schema private;
alter function private.record_sent_event(jsonb) rename to store_sent_event;
revoke execute on function private.store_sent_event(jsonb) from service_role;

-- What left our number for somebody erased: an echo of ours is bound by its words' hash, anything else is
-- recorded by its id. What was being posted leaves up to a minute after.
create function api.record_sent_event(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_instance text := private.need_text(p, 'instance');
  v_key text := private.need_text(p, 'key_id');
  v_at timestamptz := private.need_time(p, 'provider_at');
  v_addresses text[] := private.addresses_of(p);
  v_answer jsonb;
begin
  if v_at <= private.erased_at(variadic v_addresses) + interval '1 minute' then
    v_answer := private.store_sent_event(p || '{"identities": []}');
    if v_answer ->> 'status' = 'ignorada' then
      perform private.keep_key_alone(v_instance, v_key);
    end if;
    return v_answer;
  end if;
  v_answer := private.store_sent_event(p);
  if v_answer ->> 'status' in ('assumida', 'ignorada')
     and (v_at <= private.erased_at(variadic v_addresses)
          or exists (select from public.conversations
                      where id = (v_answer ->> 'conversa_id')::uuid and eliminada_em is not null)) then
    raise exception 'the doctor of message % has just been erased', v_key
      using errcode = '55P03', hint = 'Try again.';
  end if;
  return v_answer;
end $$;

alter function api.store_reading(jsonb) set schema private;
alter function private.store_reading(jsonb) rename to keep_reading;
revoke execute on function private.keep_reading(jsonb) from service_role;

-- A turn may be reading a file while its doctor is erased.
create function api.store_reading(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
begin
  if exists (select from public.conversations
              where id = private.need_uuid(p, 'conversa_id') and eliminada_em is not null) then
    return '{"status": "perdido", "documento_id": null}';
  end if;
  return private.keep_reading(p);
end $$;

-- Who is meant: everybody who was united with the doctor of this id, or whom these addresses lead to.
create function private.person_of(p_medico uuid, p_addresses text[]) returns uuid[]
language plpgsql stable set search_path = ''
as $$
declare
  v_ids uuid[];
begin
  with recursive found as (
    select id from public.medicos
     where id = p_medico
        or telefone in (select '+' || split_part(a, '@', 1) from unnest(p_addresses) a
                         where a like '%@s.whatsapp.net')
    union
    select medico_id from public.contact_identities where jid = any (p_addresses)
  ), united as (
    select id from found
    union
    select o.id from united u cross join lateral (
      select o.id from public.medicos m
        join public.medicos o on o.id = m.merged_into or o.merged_into = m.id
       where m.id = u.id
      union
      select private.twins_of(u.id)) o (id)
  )
  select coalesce(array_agg(id order by id), '{}') into v_ids from united;
  return v_ids;
end $$;

-- The person whom managers name: `medico_id`; `telefone` in any form; or `supressao`, hashes that an
-- erasure answered, for a database that was restored to before it.
create function private.person_named(p jsonb, out ids uuid[], out addresses text[])
language plpgsql stable set search_path = ''
as $$
declare
  v_digits text;
  v_hashes bytea[];
begin
  addresses := '{}';
  if p ? 'medico_id' then
    ids := private.person_of(private.need_uuid(p, 'medico_id'), '{}');
  elsif p ? 'telefone' then
    v_digits := regexp_replace(private.need_text(p, 'telefone'), '[^0-9]', '', 'g');
    -- With its country named it is whole.
    v_digits := case when length(v_digits) in (10, 11) and p ->> 'telefone' !~ '^\s*\+'
                     then '55' else '' end || v_digits;
    if v_digits !~ '^[1-9][0-9]{6,14}$' then
      perform private.argument_missing('telefone', 'phone number with its area code');
    end if;
    addresses := array[private.phone_address('+' || v_digits)];
    ids := private.person_of(null, addresses);
  elsif jsonb_typeof(p -> 'supressao') = 'array' then
    v_hashes := array(select decode(h, 'hex') from jsonb_array_elements_text(p -> 'supressao') h);
    addresses := array(
      select a from (
        select private.phone_address(telefone) as a, id from public.medicos where telefone is not null
        union select private.crm_address(crm), id from public.medicos where crm is not null
        union select jid, medico_id from public.contact_identities) known
       where private.suppression_hash(a) = any (v_hashes));
    ids := private.person_of(null, addresses) || array(
      select id from public.medicos where private.crm_address(crm) = any (addresses));
    ids := array(select distinct x from unnest(ids) i, unnest(private.person_of(i, '{}')) x order by 1);
  else
    perform private.argument_missing('medico_id', 'uuid, or telefone, or supressao (a list of hashes),');
  end if;
end $$;

-- What is held about a person. The tables are found by their columns: one that is added tomorrow is told.
create function private.tables_about(
  out tabela text, out por_medico boolean, out por_conversa boolean, out por_turno boolean)
returns setof record
language sql stable set search_path = ''
as $$
  select c.relname::text, bool_or(a.attname = 'medico_id'), bool_or(a.attname = 'conversa_id'),
         bool_or(a.attname = 'turno_id')
    from pg_catalog.pg_class c
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and not a.attisdropped and a.attnum > 0
   where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
     and a.attname in ('medico_id', 'conversa_id', 'turno_id')
   group by c.relname
   order by c.relname
$$;

create function private.about(p_tabela text) returns text
language sql stable set search_path = ''
as $$
  select case when por_medico or por_conversa then concat_ws(' or ',
           case when por_medico then 'medico_id = any ($1)' end,
           case when por_conversa then 'conversa_id = any ($2)' end)
         else 'turno_id in (select id from public.turnos where conversa_id = any ($2))' end
    from private.tables_about() where tabela = p_tabela
$$;

create function api.doctor_data(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_person record := private.person_named(p);
  v_conversas uuid[];
  v_found jsonb;
  v_data jsonb;
  t text;
begin
  v_conversas := array(select id from public.conversations where medico_id = any (v_person.ids));
  select coalesce(jsonb_agg(to_jsonb(m) || jsonb_build_object('especialidade', e.nome) order by m.created_at), '[]')
    into v_found
    from public.medicos m left join public.especialidades e on e.id = m.especialidade_id
   where m.id = any (v_person.ids) and m.eliminado_em is null;
  if v_found = '[]' then
    return jsonb_build_object('status', 'desconhecido');
  end if;
  v_data := jsonb_build_object('medicos', v_found, 'conversations', (
    select coalesce(jsonb_agg(to_jsonb(c) - array['lease_token', 'lease_owner', 'lease_until',
             'lease_turno_id', 'lease_suspects'] order by c.created_at), '[]')
      from public.conversations c where c.id = any (v_conversas)));
  for t in select tabela from private.tables_about() loop
    -- What a document says only the brain can read; bytes that wait to be sent say no more than their name.
    execute format(
      $q$ select jsonb_agg(to_jsonb(x) - array['cifrado', 'busca', 'plano', 'text_hash', 'traceparent']
                           || case when to_jsonb(x) ? 'anexo' and jsonb_typeof(to_jsonb(x) -> 'anexo') = 'object'
                                   then jsonb_build_object('anexo', (to_jsonb(x) -> 'anexo') - 'base64') else '{}' end)
            from public.%I x where %s $q$, t, private.about(t))
      into v_found using v_person.ids, v_conversas;
    if v_found is not null and t <> 'conversations' then
      v_data := v_data || jsonb_build_object(t, v_found);
    end if;
  end loop;
  return jsonb_build_object('status', 'encontrado', 'em', api.agora(), 'dados', v_data);
end $$;

-- Erasure.

create function private.words_of(p_text text) returns text
language sql immutable set search_path = ''
as $$ select btrim(regexp_replace(private.plain(p_text), '[^a-z0-9]+', ' ', 'g')) $$;

-- Requests of managers in Slack that name her: what was asked and answered goes, that it was asked stays.
create function private.forget_commands_about(p_ids text[], p_digits text[], p_names text[])
returns bigint
language plpgsql set search_path = ''
as $$
declare
  n bigint;
begin
  update public.slack_comandos k
     set texto = '', botao = null, pedido = null, resposta = null, resposta_url = null, erro = null,
         feito_em = coalesce(feito_em, api.agora()), respondido_em = coalesce(respondido_em, api.agora()),
         emprestado_a = null, emprestado_ate = null
   where exists (
     select from (select concat_ws(' ', k.texto, k.botao, k.pedido, k.resposta, k.erro) as said) s
      where exists (select from unnest(p_ids) i where position(i in lower(s.said)) > 0)
         or exists (select from unnest(p_digits) d
                     where position(d in regexp_replace(s.said, '[^0-9]', '', 'g')) > 0)
         or exists (select from unnest(p_names) w
                     where position(' ' || w || ' ' in ' ' || private.words_of(s.said) || ' ') > 0));
  get diagnostics n = row_count;
  return n;
end $$;

-- Locks all that is the person's, so that nobody writes about her meanwhile: conversations, the doctor's
-- rows whole (else who opens a conversation for her would not be seen), the conversations of those.
create function private.lock_person(p_ids uuid[]) returns uuid[]
language plpgsql set search_path = ''
as $$
begin
  perform private.lock_contacts(p_ids);
  perform 1 from public.medicos where id = any (p_ids) order by id for update;
  perform 1 from public.conversations where medico_id = any (p_ids) order by id for no key update;
  return array(select id from public.conversations where medico_id = any (p_ids) order by id);
end $$;

-- Everything under way for them ends: no turn commits, no hold stands, nothing is claimed any more.
create function private.stop_all_of(p_ids uuid[], p_conversas uuid[], p_bookings uuid[]) returns void
language plpgsql set search_path = ''
as $$
declare
  v_now timestamptz := api.agora();
  e public.envios;
  x uuid;
begin
  foreach x in array p_conversas loop
    update public.conversations set status = 'completed'
     where id = x and status in ('active', 'paused', 'escalated');
    if not found then
      update public.conversations set control_epoch = control_epoch + 1 where id = x;
    end if;
  end loop;
  update public.reservas set status = 'liberada', updated_at = v_now
   where medico_id = any (p_ids) and status = 'segurada';
  update public.reservas set status = 'cancelada', updated_at = v_now where id = any (p_bookings);
  update public.fila_mensagens
     set status = 'cancelada', outcome = 'BLOCKED_OPTED_OUT', reservado = false,
         next_ring_at = null, next_try_at = null
   where conversa_id = any (p_conversas) and status in ('pendente', 'estacionada');
  update public.campanha_destinatarios
     set status = 'pulada', motivo = 'opt_out', nao_antes = null
   where medico_id = any (p_ids) and status in ('pendente', 'na_fila');
  -- What is being posted may arrive or not: evidence tells. A claim that was not heard of is not repeated.
  for e in select * from public.envios where conversa_id = any (p_conversas) and status = 'aberto' loop
    perform private.doubt(e, null);
  end loop;
end $$;

-- What managers said of her elsewhere; how many rows of each table.
create function private.empty_words_of_managers(
  p_ids uuid[], p_conversas uuid[], p_addresses text[])
returns jsonb
language plpgsql set search_path = ''
as $$
declare
  v_digits text[] := array(
    select right(split_part(a, '@', 1), 8) from unnest(p_addresses) a where a like '%@s.whatsapp.net');
  -- A first name alone, or with an initial, is many people's.
  v_names text[] := array(
    select private.words_of(w) from public.medicos m, lateral (values
        (concat_ws(' ', btrim(m.primeiro_nome), btrim(m.sobrenome))), (btrim(m.nome_whatsapp))) as s (w)
     where m.id = any (p_ids) and private.words_of(w) ~ ' [a-z0-9]{3,}');
  v_commands bigint := private.forget_commands_about(
    array(select i::text from unnest(p_ids || p_conversas) i), v_digits, v_names);
  n bigint;
begin
  update public.decisoes_copiloto set motivo = private.erased_text() where alvo_id = any (p_conversas);
  get diagnostics n = row_count;
  return jsonb_build_object('slack_comandos', v_commands, 'decisoes_copiloto', n);
end $$;

-- Rows to which nothing that stays refers, in the order in which they refer to each other; how many of
-- each table.
create function private.delete_rows_about(p_ids uuid[], p_conversas uuid[]) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  v_rows jsonb := '{}';
  t text;
  n bigint;
begin
  -- What was told in Chatwoot is taken back there, also where its contact was made and not yet known here.
  insert into public.chatwoot_efeitos (conversa_id, tipo)
  select c.id, 'eliminacao' from public.conversations c
   where c.id = any (p_conversas) and c.chatwoot_contact_id is null
     and exists (select from public.chatwoot_efeitos where conversa_id = c.id);
  delete from public.chatwoot_efeitos where conversa_id = any (p_conversas) and tipo <> 'eliminacao';
  get diagnostics n = row_count;
  v_rows := jsonb_build_object('chatwoot_efeitos', n);
  foreach t in array array[
    'chatwoot_entregas', 'rascunhos_copiloto', 'rascunhos_sombra', 'metricas_deteccao_bot', 'documentos',
    'fatos_conversa', 'doctor_context', 'recusas_vagas', 'lista_espera', 'diretrizes',
    'prompt_atribuicoes', 'handoffs', 'decisoes_medicos', 'notificacoes_gestor', 'interacoes',
    'contact_identities']
  loop
    execute format('delete from public.%I where %s', t, private.about(t)) using p_ids, p_conversas;
    get diagnostics n = row_count;
    v_rows := v_rows || jsonb_build_object(t, n);
  end loop;
  -- Of what was never tried.
  delete from public.decisoes_envio d using public.fila_mensagens f
   where f.id = d.fila_id and f.conversa_id = any (p_conversas)
     and not exists (select from public.envios where fila_id = f.id);
  delete from public.fila_mensagens f
   where (medico_id = any (p_ids) or conversa_id = any (p_conversas))
     and not exists (select from public.envios where fila_id = f.id);
  get diagnostics n = row_count;
  return v_rows || jsonb_build_object('fila_mensagens', n);
end $$;

-- What ids refer to stays, emptied: the triggers above do that to what is marked, now and later.
create function private.empty_what_stays(p_ids uuid[], p_conversas uuid[]) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  v_now timestamptz := api.agora();
  n bigint;
begin
  update public.chatwoot_filas set erro = null where conversa_id = any (p_conversas);
  update public.reservas set motivo = null where medico_id = any (p_ids);
  update public.campanha_destinatarios set abertura = null where medico_id = any (p_ids);
  -- Hashes of words only where evidence is being looked for.
  update public.envios
     set motivo = null, text_hash = case when status = 'incerto' then text_hash else '' end
   where conversa_id = any (p_conversas);
  update public.conversations set eliminada_em = v_now where id = any (p_conversas);
  update public.fila_mensagens set conteudo = private.erased_text() where conversa_id = any (p_conversas);
  get diagnostics n = row_count;
  -- Named: who watches `opted_out` sees her stop.
  update public.medicos set eliminado_em = v_now, opted_out = true where id = any (p_ids);
  return jsonb_build_object('fila_mensagens', n, 'conversations', cardinality(p_conversas),
                            'medicos', cardinality(p_ids));
end $$;

-- The row itself, where no id refers to it.
create function private.forget_row_of(p_medico uuid) returns void
language plpgsql set search_path = ''
as $$
begin
  delete from public.paradas_contato where medico_id = p_medico
     and not exists (select from public.envios where medico_id = p_medico);
  delete from public.medicos where id = p_medico;
exception when foreign_key_violation then
  null;
end $$;

create function private.count_rows(p_counts jsonb[]) returns jsonb
language sql immutable set search_path = ''
as $$
  select coalesce(jsonb_object_agg(key, n), '{}')
    from (select key, sum(value::bigint) as n
            from unnest(p_counts) c, jsonb_each_text(c) group by key having sum(value::bigint) > 0) x
$$;

create function api.erase_doctor(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_por text := private.need_text(p, 'por');
  v_protocolo text := private.need_text(p, 'protocolo');
  v_cancel boolean := coalesce((p ->> 'cancelar_reservas')::boolean, false);
  v_person record := private.person_named(p);
  v_ids uuid[];
  v_conversas uuid[] := private.lock_person(v_person.ids);
  v_addresses text[];
  v_hashes bytea[];
  v_future uuid[];
  v_bookings jsonb;
  v_rows jsonb;
  v_now timestamptz;
  x uuid;
begin
  if v_person.ids <> (private.person_named(p)).ids then
    raise exception 'this doctor has just been united with another'
      using errcode = '55P03', hint = 'Try again.';
  elsif exists (select from public.medicos where id = any (v_person.ids) and canario) then
    raise exception 'the canary is no doctor' using errcode = '22023', hint = 'It holds no personal data.';
  end if;
  v_now := api.agora();
  v_ids := array(select id from public.medicos
                  where id = any (v_person.ids) and eliminado_em is null order by id);
  if cardinality(v_ids) = 0 then
    return private.erased_nobody(p, v_person.addresses, cardinality(v_person.ids) > 0, v_now);
  end if;
  v_addresses := array(
    select a from unnest(v_person.addresses) a
    union select private.phone_address(telefone) from public.medicos
           where id = any (v_ids) and telefone is not null
    union select private.crm_address(crm) from public.medicos where id = any (v_ids) and crm is not null
    union select jid from public.contact_identities where medico_id = any (v_ids));
  -- Bookings to come are other people's business too: nobody is left without a doctor by the way.
  perform 1 from public.vagas
    where id in (select vaga_id from public.reservas
                  where medico_id = any (v_ids) and status in ('segurada', 'confirmada'))
    order by id for no key update;
  perform private.lock_agenda(i) from unnest(v_ids) i;
  v_future := array(
    select r.id from public.reservas r join public.vagas v on v.id = r.vaga_id
     where r.medico_id = any (v_ids) and r.status = 'confirmada' and v.fim > v_now order by v.inicio);
  v_bookings := private.bookings_json(v_future);
  if cardinality(v_future) > 0 and not v_cancel then
    raise exception 'this doctor has % booked shift(s) to come', cardinality(v_future)
      using errcode = '22023',
        hint = 'Settle them with the hospital first, or add "cancelar_reservas": true to give them back.';
  end if;
  perform private.stop_all_of(v_ids, v_conversas, v_future);
  v_rows := private.count_rows(array[
    private.empty_words_of_managers(v_ids, v_conversas, v_addresses),
    private.delete_rows_about(v_ids, v_conversas),
    private.empty_what_stays(v_ids, v_conversas)]);
  for x in select id from public.medicos where id = any (v_ids) order by merged_into is null loop
    perform private.forget_row_of(x);
  end loop;
  v_hashes := private.suppress(v_addresses, v_now);
  perform private.keep_hashes(p -> 'supressao', v_now);
  insert into public.eliminacoes (protocolo, por, linhas, reservas_canceladas, created_at)
  values (v_protocolo, v_por, v_rows, cardinality(v_future), v_now);
  perform private.notify_managers('dados_eliminados', null, null, jsonb_build_object(
    'protocolo', v_protocolo, 'por', v_por, 'reservas', v_bookings));
  return jsonb_build_object('status', 'eliminado', 'linhas', v_rows,
    'reservas_canceladas', cardinality(v_future),
    'supressao', (select jsonb_agg(encode(h, 'hex')) from unnest(v_hashes) h));
end $$;

-- Remembers the hashes of these addresses and answers them.
create function private.suppress(p_addresses text[], p_at timestamptz) returns bytea[]
language plpgsql set search_path = ''
as $$
declare
  v_hashes bytea[] := array(select private.suppression_hash(a) from unnest(p_addresses) a order by 1);
begin
  insert into private.supressoes as s (hash, desde) select h, p_at from unnest(v_hashes) h
  on conflict (hash) do update set desde = greatest(s.desde, excluded.desde);
  return v_hashes;
end $$;

-- Those of an erasure that this database does not know of.
create function private.keep_hashes(p_hashes jsonb, p_at timestamptz) returns void
language sql volatile set search_path = ''
as $$
  insert into private.supressoes (hash, desde)
  select decode(h, 'hex'), p_at from jsonb_array_elements_text(coalesce(p_hashes, '[]')) h
  on conflict do nothing
$$;

-- Nobody is left to erase: done before, or never heard of. A number that is named stays suppressed.
create function private.erased_nobody(
  p jsonb, p_addresses text[], p_erased boolean, p_now timestamptz)
returns jsonb
language plpgsql set search_path = ''
as $$
declare
  -- Of a row that went whole only the request is known.
  v_known boolean := p_erased or private.erased_at(variadic p_addresses) is not null
    or p ? 'medico_id' and exists (
         select from public.eliminacoes where protocolo = p ->> 'protocolo')
    or exists (select from private.supressoes
                where hash in (select decode(h, 'hex')
                                 from jsonb_array_elements_text(coalesce(p -> 'supressao', '[]')) h));
begin
  if p ? 'medico_id' and not v_known then
    raise exception 'doctor % does not exist', p ->> 'medico_id'
      using errcode = 'P0002', hint = 'Name the doctor by "telefone": a number is suppressed even if nobody has it.';
  elsif p ? 'supressao' then
    perform private.keep_hashes(p -> 'supressao', p_now);
  elsif not v_known then
    perform private.suppress(p_addresses, p_now);
  end if;
  return jsonb_build_object(
    'status', case when v_known then 'repetido' else 'suprimido' end, 'linhas', '{}'::jsonb,
    'reservas_canceladas', 0,
    'supressao', case when p ? 'supressao' then p -> 'supressao'
                      else coalesce((select jsonb_agg(encode(private.suppression_hash(a), 'hex'))
                                       from unnest(p_addresses) a), '[]') end);
end $$;

-- For people at the SQL console alone: no service has a use for either.
revoke execute on function api.erase_doctor(jsonb), api.doctor_data(jsonb) from service_role;

notify pgrst, 'reload schema';
