-- What the scheduler's jobs need: the clock, runs that are taken once, holidays.

create function api.now(p jsonb) returns jsonb
language sql volatile security definer set search_path = '' set lock_timeout = '450ms'
as $$ select jsonb_build_object('agora', api.agora()) $$;

-- `tentativas`: how often the run was begun; `repetir_em`: it failed, and is not begun before.
alter table public.execucoes
  add column tentativas integer not null default 1,
  add column repetir_em timestamptz;
create index execucoes_abertas on public.execucoes (job, scheduled_at) where finished_at is null;

-- Takes one run for the caller, if it is nobody's; its number of attempts, or null. A run that was
-- begun as often as it may be, and never ended, ends here.
create function private.take_run(p_owner uuid, r jsonb, x public.execucoes, p_now timestamptz)
returns integer
language plpgsql set search_path = ''
as $$
declare
  v_job text := private.need_text(r, 'job');
  v_at timestamptz := private.need_time(r, 'scheduled_at');
  v_until timestamptz := p_now + make_interval(secs => private.need_int(r, 'lease_s'));
begin
  if x.job is null then
    if coalesce((r ->> 'so_retomar')::boolean, false) then
      return null;
    end if;
    insert into public.execucoes (job, scheduled_at, owner, lease_until, started_at)
    values (v_job, v_at, p_owner, v_until, p_now);
    return 1;
  elsif x.repetir_em > p_now then
    return null;
  elsif x.tentativas >= private.need_int(r, 'tentativas') then
    update public.execucoes
       set finished_at = p_now, ok = false, detalhes = detalhes || '{"abandonada": true}'
     where job = v_job and scheduled_at = v_at;
    return null;
  end if;
  update public.execucoes
     set owner = p_owner, lease_until = v_until, repetir_em = null, tentativas = x.tentativas + 1
   where job = v_job and scheduled_at = v_at;
  return x.tentativas + 1;
end $$;

create function api.claim_runs(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_owner uuid := private.need_uuid(p, 'owner');
  v_now timestamptz;
  v_job text;
  v_attempt integer;
  v_taken jsonb := '[]';
  r jsonb;
  x public.execucoes;
begin
  -- In one order, so that two schedulers never wait for each other.
  for r in select value from jsonb_array_elements(coalesce(nullif(p -> 'runs', 'null'), '[]'))
            order by value ->> 'job', private.need_time(value, 'scheduled_at')
  loop
    -- One run of a job at a time, the oldest first.
    continue when r ->> 'job' is not distinct from v_job;
    perform pg_advisory_xact_lock(hashtext('julia.execucoes'), hashtext(r ->> 'job'));
    v_now := api.agora();
    select * into x from public.execucoes
     where job = r ->> 'job' and scheduled_at = (r ->> 'scheduled_at')::timestamptz;
    continue when x.finished_at is not null;
    v_job := r ->> 'job';
    continue when exists (select from public.execucoes
                           where job = v_job and finished_at is null and lease_until > v_now);
    v_attempt := private.take_run(v_owner, r, x, v_now);
    continue when v_attempt is null;
    -- What was left open before it is not done any more.
    update public.execucoes
       set finished_at = v_now, ok = false, detalhes = detalhes || '{"superada": true}'
     where job = v_job and finished_at is null
       and scheduled_at < (r ->> 'scheduled_at')::timestamptz;
    perform private.forget_old(v_job, v_now);
    v_taken := v_taken || jsonb_build_object(
      'job', v_job, 'scheduled_at', (r ->> 'scheduled_at')::timestamptz, 'tentativa', v_attempt);
  end loop;
  return jsonb_build_object('runs', v_taken);
end $$;

insert into public.configuracoes values
  ('feriados_uf', '[]',
   'Siglas dos estados cujos feriados também valem, por exemplo ["SP"]; lida uma vez por dia');

-- What the library says from its first day on: the nation's holidays, and those of the states chosen.
-- What a person entered stays as it is.
create function api.store_holidays(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_since date := private.need_text(p, 'desde')::date;
  v_states jsonb := (select valor from public.configuracoes where chave = 'feriados_uf');
  v_wanted jsonb := (
    select jsonb_object_agg(dia, nome) from (
      select distinct on (dia) dia, nome
        from jsonb_to_recordset(p -> 'feriados') as x (dia date, nome text, uf text)
       where uf is null or v_states ? uf
       order by dia, uf nulls first) x);
  v_gone integer;
  v_kept integer;
begin
  delete from public.feriados
   where origem = 'biblioteca' and dia >= v_since and not v_wanted ? dia::text;
  get diagnostics v_gone = row_count;
  insert into public.feriados (dia, nome, origem)
  select key::date, value, 'biblioteca' from jsonb_each_text(v_wanted)
  on conflict (dia) do update set nome = excluded.nome
   where feriados.origem = 'biblioteca' and feriados.nome <> excluded.nome;
  get diagnostics v_kept = row_count;
  return jsonb_build_object('guardados', v_kept, 'retirados', v_gone);
end $$;
