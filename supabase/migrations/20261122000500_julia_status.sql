-- The stop. Append-only; the order is that of a sequence drawn under an exclusive lock, which every
-- commit of a turn and every claim of a send takes shared: after a stop's commit, none can follow.

create table public.julia_status (
  id bigint primary key,
  status text not null check (status in ('ativo', 'pausado', 'manutencao', 'erro')),
  motivo text not null check (motivo <> ''),
  alterado_via text not null check (alterado_via in ('slack', 'sistema', 'api', 'manual', 'kubernetes')),
  alterado_por text,
  detalhes jsonb not null default '{}',
  -- What it stops: values joined by AND, of {especialidade, estado, campanha, instancia}; {}: everything.
  escopo jsonb not null default '{}' check (jsonb_typeof(escopo) = 'object'),
  -- Until when; null: until an `ativo` of the same or a wider scope.
  ate timestamptz,
  created_at timestamptz not null
);
create sequence public.julia_status_id_seq owned by public.julia_status.id;

create function private.status_lock_key() returns bigint
language sql immutable
as $$ select 5485241::bigint $$;

create function private.lock_status_shared() returns void
language sql volatile set search_path = ''
as $$ select pg_advisory_xact_lock_shared(private.status_lock_key()) $$;

create function private.julia_status_before_insert() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(private.status_lock_key());
  -- Drawn here and not by a column default: a default is drawn before the lock is held, and the
  -- order of the numbers would not be the order of the commits.
  new.id := nextval('public.julia_status_id_seq');
  new.created_at := api.agora();
  return new;
end $$;

create trigger julia_status_before_insert before insert on public.julia_status
for each row execute function private.julia_status_before_insert();

create function private.julia_status_is_append_only() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise exception 'julia_status is append-only: % refused', tg_op
    using hint = 'INSERT a new row (status ''ativo'' or ''pausado'') instead; see the runbook.';
end $$;

create trigger julia_status_append_only before update or delete or truncate on public.julia_status
for each statement execute function private.julia_status_is_append_only();

-- Anything but 'ativo' stops.
create function private.paused() returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return coalesce((select s.status <> 'ativo' from public.julia_status s order by s.id desc limit 1),
                  false);
end $$;

-- Whether a standing pause covers this contact, number or campaign.
create function private.paused_for(p_medico uuid, p_instance text, p_campanha uuid default null)
returns boolean
language sql stable set search_path = ''
as $$ select private.paused() $$;
