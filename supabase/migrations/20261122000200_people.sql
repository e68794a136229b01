-- Who is who: doctors, the addresses by which WhatsApp knows them, and our own numbers.

create table public.especialidades (
  id smallint generated always as identity primary key,
  nome text not null unique check (nome <> '')
);

-- A WhatsApp number of ours. Its row is the lock under which ceilings are counted.
create table public.whatsapp_instances (
  instance text primary key,
  state text not null default 'unknown'
    check (state in ('unknown', 'open', 'connecting', 'close', 'refused')),
  state_reason integer,
  state_at timestamptz,
  first_connected_at timestamptz,
  catchup_until timestamptz,
  -- Judged from acks, errors and the connection; `saude_por`: a person has decided, until null again.
  saude text not null default 'boa' check (saude in ('boa', 'lenta', 'parada', 'banida')),
  saude_motivo text,
  saude_desde timestamptz,
  saude_por text,
  -- Since when a new number has been warmed up; null: it is an old one, or was never connected.
  aquecimento_desde timestamptz,
  -- A person said that WhatsApp has known it for long: its first connection warms nothing up.
  antigo boolean not null default false,
  -- Before this nothing goes of our own accord: sends are spaced at random.
  proximo_proativo_em timestamptz,
  -- Whether doctors who have no number yet may get this one.
  recebe_medicos boolean not null default true,
  created_at timestamptz not null default api.agora()
);

create table public.medicos (
  id uuid primary key default gen_random_uuid(),
  primeiro_nome text,
  sobrenome text,
  nome_whatsapp text,
  telefone text check (telefone ~ '^\+[1-9][0-9]{6,14}$'),
  -- Where we have the number from: `whatsapp`, or the list, the person who named it; by which basis of
  -- the law (LGPD, art. 7), and since when. Kept as long as the number.
  telefone_origem text check (telefone_origem <> ''),
  telefone_base_legal text check (telefone_base_legal in
    ('contato_do_titular', 'consentimento', 'contrato', 'legitimo_interesse')),
  telefone_desde timestamptz,
  crm text,
  especialidade_id smallint references public.especialidades,
  cidade text,
  estado char(2) check (estado ~ '^[A-Z]{2}$'),
  stage_jornada text not null default 'novo' check (stage_jornada in (
    'novo', 'msg_enviada', 'aguardando_resposta', 'nao_respondeu', 'respondeu', 'em_conversacao',
    'qualificado', 'docs_pendentes', 'cadastrado', 'ativo', 'inativo', 'perdido', 'opt_out')),
  opted_out boolean not null default false,
  opted_out_at timestamptz,
  opted_out_reason text,
  -- "Not this month": until then nothing goes that the doctor did not ask for; since when follows.
  sem_contato_ate timestamptz,
  sem_contato_desde timestamptz,
  -- Provider's time of the last message from the doctor: "wrote again since the opt-out" reads it.
  ultima_entrada_em timestamptz,
  -- The number by which we write of our own accord; only a person's decision changes it.
  instance text references public.whatsapp_instances,
  -- The sink contact of the canary: what is "sent" to it is never posted.
  canario boolean not null default false,
  merged_into uuid references public.medicos,
  created_at timestamptz not null default api.agora(),
  updated_at timestamptz not null default api.agora(),
  deleted_at timestamptz,
  check (opted_out = (opted_out_at is not null)),
  constraint medicos_origem_do_telefone check (
    num_nulls(telefone, telefone_origem, telefone_base_legal, telefone_desde) in (0, 4)),
  check ((sem_contato_ate is null) = (sem_contato_desde is null))
);
-- Partial on purpose: a whole unique index would make each change of these a change of a key, which
-- waits for every row that merely refers to the doctor, and deadlocks with those who hold one.
create unique index medicos_telefone on public.medicos (telefone) where telefone is not null;
create unique index medicos_crm on public.medicos (crm) where crm is not null;
create index medicos_merged_idx on public.medicos (merged_into) where merged_into is not null;
create index medicos_especialidade_idx on public.medicos (especialidade_id);
create index medicos_instance_idx on public.medicos (instance) where instance is not null;

comment on column public.medicos.opted_out is 'The one authority on opt-out; read at each claim of a send.';

-- A manager may set `opted_out` or `sem_contato_ate` alone; their times follow.
create function private.medicos_before_write() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.opted_out and new.opted_out_at is null then
    new.opted_out_at := api.agora();
  elsif not new.opted_out then
    new.opted_out_at := null;
    new.opted_out_reason := null;
  end if;
  if new.sem_contato_ate is null then
    new.sem_contato_desde := null;
  elsif new.sem_contato_desde is null
     or tg_op = 'UPDATE' and new.sem_contato_ate is distinct from old.sem_contato_ate
        and new.sem_contato_desde is not distinct from old.sem_contato_desde then
    new.sem_contato_desde := api.agora();
  end if;
  new.updated_at := api.agora();
  return new;
end $$;

-- A number has a source, a basis and a beginning, also where whoever wrote it named none. Of one that
-- WhatsApp brought the basis is the doctor's own message, once there is one: somebody of ours may have
-- written first.
create function private.medicos_source_of_phone() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.telefone is null then
    new.telefone_origem := null;
    new.telefone_base_legal := null;
    new.telefone_desde := null;
    return new;
  end if;
  new.telefone_origem := coalesce(new.telefone_origem, 'lista');
  new.telefone_base_legal := coalesce(new.telefone_base_legal, 'legitimo_interesse');
  new.telefone_desde := coalesce(new.telefone_desde, api.agora());
  if tg_op = 'UPDATE' then
    if new.telefone <> old.telefone and new.telefone_desde is not distinct from old.telefone_desde then
      new.telefone_desde := api.agora();
      -- Whoever typed another number said nothing of where it is from.
      if (new.telefone_origem, new.telefone_base_legal) = (old.telefone_origem, old.telefone_base_legal) then
        new.telefone_origem := 'lista';
        new.telefone_base_legal := 'legitimo_interesse';
      end if;
    end if;
    if new.telefone_origem = 'whatsapp' and new.telefone_base_legal = 'legitimo_interesse'
       and old.ultima_entrada_em is null and new.ultima_entrada_em is not null then
      new.telefone_base_legal := 'contato_do_titular';
    end if;
  end if;
  return new;
end $$;

-- Whether we may write to a contact of our own accord.
create function private.may_contact(m public.medicos) returns boolean
language sql stable set search_path = ''
as $$
  select not m.opted_out and m.deleted_at is null and m.merged_into is null
     and coalesce(m.sem_contato_ate <= api.agora(), true)
$$;

create trigger medicos_before_write before insert or update on public.medicos
for each row execute function private.medicos_before_write();

-- The one form under which a phone's owner is known, of "+digits" or of a JID: a Brazilian mobile has
-- its ninth digit, which WhatsApp and old lists leave out. Other numbers, LIDs too, stay as they are.
-- As `canonical_digits` of julia_common.whatsapp, which takes the area codes from phonenumbers.
create function private.canonical_phone(address text) returns text
language sql immutable
as $$
  select regexp_replace(address,
    '^(\+?55(?:[14689][1-9]|2[12478]|3[1-578]|5[13-5]|7[13-579]))([6-9][0-9]{7})(@s\.whatsapp\.net)?$',
    '\19\2\3')
$$;

create function private.medicos_canonical_phone() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.telefone := private.canonical_phone(new.telefone);
  return new;
end $$;

-- However a list writes a number: two forms would be two doctors, and an opt-out would bind but one.
create trigger medicos_canonical_phone before insert or update of telefone on public.medicos
for each row execute function private.medicos_canonical_phone();

-- By its name after the number has its form.
create trigger medicos_source_of_phone before insert or update on public.medicos
for each row execute function private.medicos_source_of_phone();

-- Said again of one who had written since the first time, it counts from now.
create function private.medicos_opt_out_again() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.opted_out_at := api.agora();
  return new;
end $$;

create trigger medicos_opt_out_again before update of opted_out on public.medicos
for each row when (old.opted_out and new.opted_out and new.opted_out_at = old.opted_out_at)
execute function private.medicos_opt_out_again();

create table public.contact_identities (
  instance text not null,
  jid text not null check (jid ~ '^[0-9]+@(s\.whatsapp\.net|lid)$'),
  kind text not null check (kind in ('phone', 'lid')),
  medico_id uuid not null references public.medicos,
  -- Another contact, to whom what we sent was answered by this address: both are one person, and are
  -- united with the next message from either (learn_address).
  tambem_de uuid references public.medicos,
  created_at timestamptz not null default api.agora(),
  primary key (instance, jid)
);
create index contact_identities_tambem_idx on public.contact_identities (tambem_de)
  where tambem_de is not null;
create index contact_identities_medico_idx on public.contact_identities (medico_id, instance);
-- A phone is the same person's whichever number of ours it writes to.
create index contact_identities_phone_idx on public.contact_identities (jid) where kind = 'phone';

-- A list may bring a phone under which a doctor was known before: that is nobody new, and who opted out
-- could be written to under it. Such a row is left out, as one whose phone is in `telefone` is by
-- ON CONFLICT. Comes after medicos_canonical_phone, by name.
create function private.medicos_known_phone() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from public.contact_identities
              where jid = ltrim(new.telefone, '+') || '@s.whatsapp.net' and kind = 'phone')
     and not exists (select from public.medicos where telefone = new.telefone) then
    return null;
  end if;
  return new;
end $$;

create trigger medicos_known_phone before insert on public.medicos
for each row when (new.telefone is not null) execute function private.medicos_known_phone();
