-- When each kind of backup last succeeded, for the gauges that say so. A database that was restored
-- names the backups before the one that it came from, until the next.

create table public.backups (
  tipo text primary key check (tipo in ('supabase', 'redis', 'evolution')),
  -- Of what the backup shows, not when it was stored.
  ultimo_sucesso timestamptz not null
);
alter table public.backups enable row level security;
revoke all on public.backups from anon, authenticated, service_role;

-- `em`: when the backup began. A late record of an older one changes nothing.
create function api.record_backup(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_tipo text := private.need_word(p, 'tipo', 'supabase', 'redis', 'evolution');
  v_last timestamptz;
begin
  insert into public.backups as b (tipo, ultimo_sucesso)
  values (v_tipo, private.need_time(p, 'em'))
  on conflict (tipo) do update set ultimo_sucesso = greatest(b.ultimo_sucesso, excluded.ultimo_sucesso)
  returning ultimo_sucesso into v_last;
  return jsonb_build_object('ultimo_sucesso', v_last);
end $$;

create function api.last_backups(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
  select jsonb_build_object('backups', coalesce(jsonb_agg(jsonb_build_object(
    'tipo', tipo, 'ultimo_sucesso', ultimo_sucesso,
    'idade_s', extract(epoch from api.agora() - ultimo_sucesso)) order by tipo), '[]'))
    from public.backups
$$;
