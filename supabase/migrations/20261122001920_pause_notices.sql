-- Managers are told of each stop and each resume, whoever decided it and by whatever way, and of the
-- end of a pause that has one: shortly before it comes, and when it has come.

-- What a notice tells of a row: a campaign by its name as well.
create function private.status_for_managers(j public.julia_status) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'id', j.id, 'motivo', j.motivo, 'via', j.alterado_via, 'por', j.alterado_por,
    'recurso', j.detalhes ->> 'nome', 'escopo', j.escopo, 'ate', j.ate,
    'campanha', (select c.nome from public.campanhas c where c.id::text = j.escopo ->> 'campanha'))
$$;

-- The pauses that will stand at that moment if nobody decides anything until then.
create function private.pauses_for_managers(p_at timestamptz) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(private.status_for_managers(j) order by s.id), '[]')
    from public.pausas s join public.julia_status j on j.id = s.id
   where coalesce(s.ate > p_at, true)
$$;

-- A notice of a row; `p_restam`: what is stopped all the same.
create function private.status_notice(j public.julia_status, p_restam jsonb) returns jsonb
language sql stable set search_path = ''
as $$ select private.status_for_managers(j) || jsonb_build_object('restam', p_restam) $$;

-- A notice of an `ativo`; `encerrou`: whether it ended any pause.
create function private.resume_notice(j public.julia_status) returns jsonb
language sql stable set search_path = ''
as $$
  select private.status_notice(j, private.pauses_for_managers(api.agora()))
    || jsonb_build_object('encerrou', exists (
         select from public.pausas_encerradas where por = j.id))
$$;

create function private.status_reference(p_id bigint) returns uuid
language sql immutable set search_path = ''
as $$ select md5('julia_status ' || p_id)::uuid $$;

create function private.tell_managers_of(j public.julia_status) returns void
language plpgsql volatile set search_path = ''
as $$
begin
  if j.status = 'ativo' then
    perform private.notify_managers('julia_retomada', null, private.status_reference(j.id),
      private.resume_notice(j));
  else
    perform private.notify_managers('julia_pausada', null, private.status_reference(j.id),
      private.status_notice(j, '[]'));
  end if;
end $$;

-- A stop does not wait for its notice, and never fails for it: announce_expired makes up for it.
create function private.julia_status_tell() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '200ms'
as $$
begin
  perform private.tell_managers_of(new);
  return null;
exception when others then
  raise warning 'managers are told later of julia_status %: %', new.id, sqlerrm;
  return null;
end $$;

-- By its name after the trigger that keeps the standing pauses.
create trigger julia_status_tell after insert on public.julia_status
for each row execute function private.julia_status_tell();

-- Managers are told of what they were not told when it was decided; then of pauses that are about to
-- end, and of those whose time is up, each once; the latter are forgotten. Of a pause of half an hour or
-- less the beginning is announcement enough.
create function api.announce_expired(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_now timestamptz := api.agora();
  v_ended bigint[];
  v_ending bigint[];
begin
  perform private.tell_managers_of(j)
     from public.julia_status j
    where j.created_at > v_now - interval '1 day'
      and not exists (select from public.notificacoes_gestor n
                       where n.tipo in ('julia_pausada', 'julia_retomada')
                         and n.referencia = private.status_reference(j.id));

  with ended as (
    delete from public.pausas where ate <= v_now returning id
  )
  select coalesce(array_agg(id), '{}') into v_ended from ended;
  perform private.notify_managers('pausa_encerrada', null, private.status_reference(j.id),
            private.status_notice(j, private.pauses_for_managers(v_now)))
     from public.julia_status j where j.id = any (v_ended);

  select coalesce(array_agg(s.id), '{}') into v_ending
    from public.pausas s join public.julia_status j on j.id = s.id
   where s.ate <= v_now + interval '15 minutes' and s.ate > j.created_at + interval '30 minutes'
     and not exists (select from public.notificacoes_gestor n
                      where n.tipo = 'pausa_terminando'
                        and n.referencia = private.status_reference(s.id));
  perform private.notify_managers('pausa_terminando', null, private.status_reference(j.id),
            private.status_notice(j, private.pauses_for_managers(j.ate)))
     from public.julia_status j where j.id = any (v_ending);
  return jsonb_build_object('encerradas', cardinality(v_ended), 'terminando', cardinality(v_ending));
end $$;
