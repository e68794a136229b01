-- A JuliaStatus resource: what it asks for becomes a row of julia_status, once for each decision.
-- No clock of a pod or of the API server decides what came last: the order of the rows does.

create table public.recursos_status (
  -- metadata.uid: a resource that was deleted and made again is another one.
  uid uuid primary key,
  namespace text not null,
  nome text not null,
  generation bigint not null,
  -- Hash of the spec that was last acted on: only another one is a decision.
  decisao text not null,
  pausa boolean not null,
  escopo jsonb not null,
  visto_em timestamptz not null,
  removido_em timestamptz
);
alter table public.recursos_status enable row level security;

-- The standing pauses that this resource set.
create function private.pauses_of(p_uid uuid) returns bigint[]
language sql stable set search_path = ''
as $$
  select coalesce(array_agg(s.id order by s.id), '{}')
    from public.pausas s join public.julia_status j on j.id = s.id
   where j.detalhes ->> 'uid' = p_uid::text and coalesce(s.ate > api.agora(), true)
$$;

create function private.insert_status(
  p_status text, p_motivo text, p_por text, p_escopo jsonb, p_ate timestamptz, p_encerra bigint[],
  p_detalhes jsonb)
returns bigint
language sql volatile set search_path = ''
as $$
  insert into public.julia_status
    (status, motivo, alterado_via, alterado_por, escopo, ate, encerra, detalhes)
  values (p_status, p_motivo, 'kubernetes', p_por, p_escopo, p_ate, p_encerra, p_detalhes)
  returning id
$$;

create function api.apply_status(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_uid uuid := private.need_uuid(p, 'uid');
  v_namespace text := private.need_text(p, 'namespace');
  v_nome text := private.need_text(p, 'nome');
  v_generation bigint := private.need_int(p, 'generation');
  v_paused boolean := private.need_word(p, 'paused', 'true', 'false')::boolean;
  v_escopo jsonb := coalesce(nullif(p -> 'scope', 'null'), '{}');
  v_ate timestamptz := nullif(p ->> 'until', '')::timestamptz;
  v_motivo text := nullif(p ->> 'reason', '');
  -- Of the spec alone: neither the session's time zone nor another spelling in a table of ours makes
  -- a decision of what is only seen again.
  v_decisao text := encode(sha256(convert_to(jsonb_build_object(
    'paused', v_paused, 'scope', v_escopo, 'until', extract(epoch from v_ate), 'reason', v_motivo,
    'request', nullif(p ->> 'request', ''))::text, 'UTF8')), 'hex');
  v_detalhes jsonb := jsonb_build_object(
    'uid', v_uid, 'namespace', v_namespace, 'nome', v_nome, 'generation', v_generation);
  v_confirmed boolean := coalesce((p ->> 'confirmed')::boolean, true);
  r public.recursos_status;
  v_known boolean;
  v_older boolean;
  v_stops boolean;
  v_status text;
  v_id bigint;
begin
  select * into r from public.recursos_status where uid = v_uid;
  if found and r.decisao = v_decisao and r.removido_em is null then
    return jsonb_build_object('status', 'repetida', 'id', null);
  end if;
  -- What stands is read and ended in one go: no claim, no other decision comes between.
  perform pg_advisory_xact_lock(private.status_lock_key());
  select * into r from public.recursos_status where uid = v_uid;
  v_known := found;
  if v_known and r.decisao = v_decisao and r.removido_em is null then
    return jsonb_build_object('status', 'repetida', 'id', null);
  end if;
  -- A decision is a spec of a higher generation than was seen; of the same one, it has come back.
  v_older := v_known and v_generation <= r.generation;
  -- A replica that lags behind says what a restored cluster says. It has to read the resource anew,
  -- or it would stop again what somebody has let go on, or what is deleted.
  if (v_older or r.removido_em is not null) and not v_confirmed then
    return jsonb_build_object('status', 'antiga', 'id', null);
  end if;
  v_stops := v_paused and coalesce(v_ate > api.agora(), true);
  v_escopo := private.clean_scope(v_escopo, v_stops);

  if v_stops then
    v_status := 'pausada';
    v_id := private.insert_status('pausado',
      private.need_text(p, 'reason'), p ->> 'por', v_escopo, v_ate,
      -- An older spec that came back may add a pause, never end one.
      case when not v_older then private.pauses_of(v_uid) end, v_detalhes);
  elsif not v_known or v_older or r.removido_em is not null then
    v_status := 'observada';
  elsif v_paused then
    -- Its time is up: it ends what it had set, and nothing of anybody else's.
    v_status := 'vencida';
    if private.pauses_of(v_uid) <> '{}' then
      v_id := private.insert_status('ativo', coalesce(v_motivo, 'Prazo da pausa encerrado'),
        p ->> 'por', r.escopo, null, private.pauses_of(v_uid), v_detalhes);
    end if;
  else
    v_status := 'retomada';
    v_id := private.insert_status('ativo',
      coalesce(v_motivo, format('Retomada por JuliaStatus %s/%s', v_namespace, v_nome)),
      p ->> 'por', v_escopo, null,
      private.pauses_of(v_uid) || array(select id from public.pausas where escopo @> v_escopo),
      v_detalhes);
  end if;

  insert into public.recursos_status as x
    (uid, namespace, nome, generation, decisao, pausa, escopo, visto_em)
  values (v_uid, v_namespace, v_nome, v_generation, v_decisao, v_paused, v_escopo, api.agora())
  on conflict (uid) do update
     set generation = greatest(x.generation, excluded.generation), decisao = excluded.decisao,
         pausa = excluded.pausa, escopo = excluded.escopo, visto_em = excluded.visto_em,
         removido_em = null;
  return jsonb_build_object('status', v_status, 'id', v_id);
end $$;

-- The resource is gone, and with it what it had set.
create function api.remove_status(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_uid uuid := private.need_uuid(p, 'uid');
  r public.recursos_status;
  v_id bigint;
begin
  perform pg_advisory_xact_lock(private.status_lock_key());
  select * into r from public.recursos_status where uid = v_uid and removido_em is null;
  if not found then
    -- What was read of it before it went may still be on its way here.
    insert into public.recursos_status
      (uid, namespace, nome, generation, decisao, pausa, escopo, visto_em, removido_em)
    values (v_uid, '', '', 0, '', false, '{}', api.agora(), api.agora())
    on conflict do nothing;
    return jsonb_build_object('status', 'desconhecida', 'id', null);
  end if;
  if private.pauses_of(v_uid) <> '{}' then
    v_id := private.insert_status('ativo',
      format('JuliaStatus %s/%s foi removido', r.namespace, r.nome), p ->> 'por', r.escopo, null,
      private.pauses_of(v_uid),
      jsonb_build_object('uid', v_uid, 'namespace', r.namespace, 'nome', r.nome));
  end if;
  update public.recursos_status set removido_em = api.agora(), visto_em = api.agora()
   where uid = v_uid;
  return jsonb_build_object('status', 'removida', 'id', v_id);
end $$;

-- Asked every two seconds by each replica of the operator, of each resource.
create index envios_reserva on public.envios (claimed_at);

-- The claims that a stop of this scope would have prevented, by what was known at the claim. Inlined: so
-- the indexes are used.
create function private.stoppable_sends(p_escopo jsonb) returns setof public.envios
language sql stable
as $$
  select e.* from public.envios e
    join public.regras_envio k on k.kind = e.kind and k.pausa and k.postado
   where coalesce(e.alvo, '{}') @> p_escopo
$$;

-- What a resource's state tells of a row; `propria`: the resource wrote it.
create function private.status_change(j public.julia_status, p_uid uuid) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', j.id, 'status', j.status, 'motivo', j.motivo,
    'via', j.alterado_via, 'por', j.alterado_por, 'em', j.created_at, 'escopo', j.escopo,
    'propria', coalesce(j.detalhes ->> 'uid' = p_uid::text, false))
$$;

-- How a resource's scope stands, whoever made it so.
create function api.status_of(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_uid uuid := private.need_uuid(p, 'uid');
  r public.recursos_status;
  v_pauses jsonb;
  v_since timestamptz;
  v_lately timestamptz := api.agora() - interval '1 day';
  v_last jsonb;
  v_ended jsonb;
  v_sends jsonb := '{"em_voo": 0, "inicios_tardios": 0, "reservas_apos": 0}';
  v_backlog jsonb;
begin
  select * into r from public.recursos_status where uid = v_uid and removido_em is null;
  if not found then
    return jsonb_build_object('status', 'desconhecida');
  end if;
  -- What covers the whole of its scope.
  select jsonb_agg(jsonb_build_object(
           'id', j.id, 'escopo', s.escopo, 'ate', s.ate, 'motivo', j.motivo, 'via', j.alterado_via,
           'por', j.alterado_por, 'desde', j.created_at,
           'propria', coalesce(j.detalhes ->> 'uid' = v_uid::text, false)) order by j.id),
         min(s.desde)
    into v_pauses, v_since
    from public.pausas s join public.julia_status j on j.id = s.id
   where r.escopo @> s.escopo and coalesce(s.ate > api.agora(), true);
  -- The last word on it: of its scope, a wider or a narrower one.
  select private.status_change(j, v_uid) into v_last
    from public.julia_status j
   where j.escopo @> r.escopo or r.escopo @> j.escopo
   order by j.id desc limit 1;
  -- Who ended the last pause that it had set.
  select private.status_change(j, v_uid) into v_ended
    from public.pausas_encerradas x join public.julia_status j on j.id = x.por
   where x.id = (select max(own.id) from public.julia_status own
                  where own.detalhes ->> 'uid' = v_uid::text and own.status <> 'ativo');
  if v_since is not null then
    v_sends := jsonb_build_object(
      'em_voo', (select count(*) from private.stoppable_sends(r.escopo) where status = 'aberto'),
      -- Claimed before the stop, begun more than two seconds after it.
      'inicios_tardios', (
        select count(*) from private.stoppable_sends(r.escopo)
         where claimed_at between v_since - interval '1 hour' and v_since
           and claimed_at + make_interval(secs => start_delay_ms / 1000.0)
               > v_since + interval '2 seconds'),
      -- What is older, the nightly proofs have looked at.
      'reservas_apos', (
        select count(*) from private.stoppable_sends(r.escopo)
         where claimed_at > greatest(v_since, v_lately)));
  end if;
  select jsonb_build_object(
           'entrada', (select count(*) from public.interacoes i
                         join public.medicos m on m.id = i.medico_id
                         left join public.especialidades x on x.id = m.especialidade_id
                        where i.situacao = 'pendente'
                          and jsonb_build_object('especialidade', x.nome, 'estado', m.estado,
                                'instancia', i.instance) @> r.escopo),
           'saida', (select count(*) from public.fila_mensagens f
                       join public.medicos m on m.id = f.medico_id
                       left join public.especialidades x on x.id = m.especialidade_id
                      where f.status = 'pendente' and coalesce(f.agendar_para <= api.agora(), true)
                        and jsonb_build_object('especialidade', x.nome, 'estado', m.estado,
                              'instancia', f.instance, 'campanha', f.campanha_id) @> r.escopo))
    into v_backlog;
  return jsonb_build_object(
    'status', 'conhecida', 'pausa', r.pausa, 'escopo', r.escopo, 'generation', r.generation,
    'pausas', coalesce(v_pauses, '[]'), 'desde', v_since, 'ultima', v_last,
    'encerrada', v_ended,
    -- Pauses of a part of its scope.
    'parciais', (select count(*) from public.pausas s
                  where s.escopo @> r.escopo and s.escopo <> r.escopo
                    and coalesce(s.ate > api.agora(), true))) || v_sends || v_backlog;
end $$;

create unique index julia_status_op_id on public.julia_status ((detalhes ->> 'op_id'))
  where detalhes ? 'op_id';

-- A manager stops or resumes by way of an API or of Slack; `op_id` makes it happen once.
create function api.change_status(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_op uuid := private.need_uuid(p, 'op_id');
  v_via text := private.need_word(p, 'via', 'slack', 'api');
  v_known bigint;
  v_id bigint;
begin
  select id into v_known from public.julia_status where detalhes ->> 'op_id' = v_op::text;
  if not found then
    insert into public.julia_status (status, motivo, alterado_via, alterado_por, escopo, ate, detalhes)
    values (private.need_word(p, 'status', 'ativo', 'pausado'), private.need_text(p, 'motivo'), v_via,
            private.need_text(p, 'por'), coalesce(nullif(p -> 'escopo', 'null'), '{}'),
            nullif(p ->> 'ate', '')::timestamptz, jsonb_build_object('op_id', v_op))
    on conflict do nothing
    returning id into v_id;
    if v_id is null then
      select id into v_known from public.julia_status where detalhes ->> 'op_id' = v_op::text;
    end if;
  end if;
  return jsonb_build_object(
    'status', case when v_id is null then 'repetida' else 'registrada' end,
    'id', coalesce(v_id, v_known), 'paused', private.paused());
end $$;
