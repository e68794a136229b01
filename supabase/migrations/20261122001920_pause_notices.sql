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

create function private.status_reference(p_id bigint) returns uuid
language sql immutable set search_path = ''
as $$ select md5('julia_status ' || p_id)::uuid $$;

create function private.julia_status_tell() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.status = 'ativo' then
    perform private.notify_managers('julia_retomada', null, private.status_reference(new.id),
      private.status_notice(new, private.pauses_for_managers(api.agora())));
  else
    perform private.notify_managers('julia_pausada', null, private.status_reference(new.id),
      private.status_notice(new, '[]'));
  end if;
  return null;
end $$;

-- By its name after the trigger that keeps the standing pauses.
create trigger julia_status_tell after insert on public.julia_status
for each row execute function private.julia_status_tell();

-- Pauses that are about to end are announced, and those whose time is up, each once; the latter are
-- then forgotten. Of a pause of half an hour or less the beginning is announcement enough.
create function api.announce_expired(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_now timestamptz := api.agora();
  v_ended bigint[];
  v_ending bigint[];
begin
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
