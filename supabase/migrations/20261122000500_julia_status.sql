-- The stop. Append-only; the order is that of a sequence drawn under an exclusive lock, which every
-- commit of a turn and every claim of a send takes shared: after a stop's commit, none can follow.

create table public.julia_status (
  id bigint primary key,
  status text not null check (status in ('ativo', 'pausado', 'manutencao', 'erro')),
  motivo text not null check (motivo <> ''),
  alterado_via text not null check (alterado_via in ('slack', 'sistema', 'api', 'manual', 'kubernetes')),
  alterado_por text,
  detalhes jsonb not null default '{}',
  -- What it stops: especialidade, estado, campanha, instancia, joined by AND; {}: everything.
  -- An `ativo` lifts every pause of the same or a narrower scope.
  escopo jsonb not null default '{}' check (jsonb_typeof(escopo) = 'object'),
  -- Until when; null: until an `ativo` of the same or a wider scope.
  ate timestamptz,
  -- The pauses that it ends by their ids; null: an `ativo` ends what its scope covers.
  encerra bigint[],
  created_at timestamptz not null,
  check (status <> 'ativo' or ate is null)
);
create sequence public.julia_status_id_seq owned by public.julia_status.id;

-- The pauses that stand, kept by the trigger below. One whose time is up stands no more, and goes when
-- its end has been announced.
create table public.pausas (
  -- Of julia_status; no foreign key, which would refuse a TRUNCATE of it before its trigger explains.
  id bigint primary key,
  escopo jsonb not null,
  ate timestamptz,
  -- Since when its scope has been stopped without a break: by this pause, or by those before it.
  desde timestamptz not null
);

-- Which row ended a pause before its time; one that ended by its time is not in it.
create table public.pausas_encerradas (
  id bigint primary key,
  por bigint not null
);
create index pausas_encerradas_por on public.pausas_encerradas (por);

create function private.status_lock_key() returns bigint
language sql immutable
as $$ select 5485241::bigint $$;

create function private.lock_status_shared() returns void
language sql volatile set search_path = ''
as $$ select pg_advisory_xact_lock_shared(private.status_lock_key()) $$;

create function private.states() returns text[]
language sql immutable
as $$ select array[
  'AC', 'AL', 'AM', 'AP', 'BA', 'CE', 'DF', 'ES', 'GO', 'MA', 'MG', 'MS', 'MT', 'PA',
  'PB', 'PE', 'PI', 'PR', 'RJ', 'RN', 'RO', 'RR', 'RS', 'SC', 'SE', 'SP', 'TO'] $$;

-- A scope as doctors, numbers and campaigns are compared with it. Of what stops (`p_stops`), one that
-- could cover nothing is a slip of the pen, and refused: whoever wrote it believes that something has
-- stopped. What resumes may name what is no more: its pause outlives it.
create function private.clean_scope(p jsonb, p_stops boolean) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  v_especialidade text;
  v_estado text := upper(p ->> 'estado');
begin
  -- By CASE: whatever stands beside an OR may be evaluated first.
  if (case when jsonb_typeof(p) = 'object' then exists (
        select from jsonb_each(p) f
         where f.key not in ('especialidade', 'estado', 'campanha', 'instancia')
            or jsonb_typeof(f.value) <> 'string') else true end) then
    raise exception 'scope % is not understood', coalesce(p::text, 'null') using errcode = '22023',
      hint = 'Its fields: especialidade, estado, campanha, instancia, each a text; {}: everything.';
  end if;
  select nome into v_especialidade from public.especialidades
   where lower(nome) = lower(p ->> 'especialidade');
  if not p_stops then
    v_especialidade := coalesce(
      v_especialidade,
      (select escopo ->> 'especialidade' from public.pausas
        where lower(escopo ->> 'especialidade') = lower(p ->> 'especialidade') limit 1),
      p ->> 'especialidade');
  end if;
  if p ? 'especialidade' and v_especialidade is null then
    raise exception 'there is no specialty %', p ->> 'especialidade' using errcode = '22023',
      hint = 'Take its name from the table especialidades.';
  end if;
  if v_estado <> all (private.states()) then
    raise exception 'there is no state %', p ->> 'estado' using errcode = '22023',
      hint = 'Name it by its two letters, such as SP.';
  end if;
  if p_stops and p ? 'instancia' and not exists (
      select from public.whatsapp_instances where instance = p ->> 'instancia') then
    raise exception 'there is no number %', p ->> 'instancia' using errcode = '22023',
      hint = 'Take its name from the table whatsapp_instances.';
  end if;
  if p_stops and p ? 'campanha' and not exists (
      select from public.campanhas where id::text = lower(p ->> 'campanha')) then
    raise exception 'there is no campaign %', p ->> 'campanha' using errcode = '22023',
      hint = 'Take its id from the table campanhas.';
  end if;
  return jsonb_strip_nulls(jsonb_build_object(
    'especialidade', v_especialidade, 'estado', v_estado,
    'campanha', lower(p ->> 'campanha'), 'instancia', p ->> 'instancia'));
end $$;

create function private.julia_status_before_insert() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  new.escopo := private.clean_scope(new.escopo, new.status <> 'ativo');
  perform pg_advisory_xact_lock(private.status_lock_key());
  -- Drawn here and not by a column default: a default is drawn before the lock is held, and the
  -- order of the numbers would not be the order of the commits.
  new.id := nextval('public.julia_status_id_seq');
  new.created_at := api.agora();
  -- What reads it cannot tell such a time.
  if not isfinite(new.ate) or new.ate >= '9001-01-01 00:00:00+00' then
    raise exception 'a pause until % has no end that can be told', new.ate using errcode = '22023',
      hint = 'Leave the end out: it stands until it is lifted. Or name one before the year 9001.';
  end if;
  -- A slip of the pen as well, such as a time of São Paulo in a session of UTC. A resource was looked at
  -- by apply_status; its time may run out between there and here.
  if new.ate <= new.created_at and new.alterado_via <> 'kubernetes' then
    raise exception 'a pause until % would stop nothing: it is % already', new.ate, new.created_at
      using errcode = '22023',
      hint = 'Write the end with its zone, such as 2026-12-01 08:00-03, or leave it out.';
  end if;
  return new;
end $$;

create trigger julia_status_before_insert before insert on public.julia_status
for each row execute function private.julia_status_before_insert();

-- Anything but 'ativo' stops.
create function private.julia_status_after_insert() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_since timestamptz;
begin
  -- Before anything ends: a pause that takes the place of another goes on with it.
  select least(new.created_at, min(desde)) into v_since from public.pausas
   where new.escopo @> escopo and coalesce(ate > new.created_at, true);
  -- One whose time was up before has ended by itself, and is announced so.
  with ended as (
    delete from public.pausas
     where case when new.encerra is not null then id = any (new.encerra)
                else new.status = 'ativo' and escopo @> new.escopo end
       and coalesce(ate > new.created_at, true)
    returning id
  )
  insert into public.pausas_encerradas (id, por) select id, new.id from ended;
  if new.status <> 'ativo' then
    insert into public.pausas (id, escopo, ate, desde)
    values (new.id, new.escopo, new.ate, v_since);
  end if;
  return null;
end $$;

create trigger julia_status_after_insert after insert on public.julia_status
for each row execute function private.julia_status_after_insert();

create function private.julia_status_is_append_only() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise exception 'julia_status is append-only: % refused', tg_op
    using hint = 'INSERT a new row (status ''ativo'' or ''pausado'') instead; see the runbook.';
end $$;

create trigger julia_status_append_only before update or delete or truncate on public.julia_status
for each statement execute function private.julia_status_is_append_only();

-- A specialty that gets another name is still the one that was stopped.
create function private.especialidades_rename_scopes() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(private.status_lock_key());
  update public.pausas set escopo = escopo || jsonb_build_object('especialidade', new.nome)
   where escopo ->> 'especialidade' = old.nome;
  update public.recursos_status
     set escopo = escopo || jsonb_build_object('especialidade', new.nome)
   where escopo ->> 'especialidade' = old.nome;
  return null;
end $$;

create trigger especialidades_rename_scopes after update of nome on public.especialidades
for each row when (old.nome <> new.nome) execute function private.especialidades_rename_scopes();

-- Whether everything is stopped.
create function private.paused() returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return exists (select from public.pausas
                  where escopo = '{}' and coalesce(ate > api.agora(), true));
end $$;

-- What paused_for compares with scopes, as a claim keeps it: what is learned of the doctor later makes
-- no send one that a pause should have stopped.
create function private.target_of(p_medico uuid, p_instance text, p_campanha uuid) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('especialidade', e.nome, 'estado', m.estado, 'instancia', p_instance,
                            'campanha', p_campanha)
    from public.medicos m left join public.especialidades e on e.id = m.especialidade_id
   where m.id = p_medico
$$;

-- Whether a standing pause covers this doctor, on this number, in this campaign. What is not known
-- of a doctor (the specialty, the state) is covered by no pause that names it.
create function private.paused_for(p_medico uuid, p_instance text, p_campanha uuid default null)
returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  -- Most of the time nothing is paused, and every claim and commit asks.
  if not exists (select from public.pausas) then
    return false;
  end if;
  return exists (
    select from public.medicos m
      left join public.especialidades e on e.id = m.especialidade_id
      join public.pausas s on coalesce(s.ate > api.agora(), true)
        and jsonb_build_object('especialidade', e.nome, 'estado', m.estado,
              'instancia', p_instance, 'campanha', p_campanha) @> s.escopo
     where m.id = p_medico);
end $$;
