-- What the scheduler does once per scheduled time, whoever and however many they are; and gauges.

-- What nobody asks about any more: runs of a month ago, processes that have been gone for a week.
create function private.forget_old(p_job text, p_now timestamptz) returns void
language sql volatile set search_path = ''
as $$
  delete from public.execucoes where job = p_job and scheduled_at < p_now - interval '30 days';
  delete from public.processos where last_seen < p_now - interval '7 days';
$$;

create function api.claim_job(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_job text := private.need_text(p, 'job');
  v_at timestamptz := private.need_time(p, 'scheduled_at');
  v_owner uuid := private.need_uuid(p, 'owner');
  v_lease interval := make_interval(secs => private.need_int(p, 'lease_s'));
  v_now timestamptz := api.agora();
  x public.execucoes;
begin
  insert into public.execucoes (job, scheduled_at, owner, lease_until, started_at)
  values (v_job, v_at, v_owner, v_now + v_lease, v_now)
  on conflict (job, scheduled_at) do update
     set owner = excluded.owner, lease_until = excluded.lease_until
   where execucoes.finished_at is null
     and (execucoes.owner = excluded.owner or execucoes.lease_until < v_now)
  returning * into x;
  if found then
    perform private.forget_old(v_job, v_now);
    return jsonb_build_object('status', 'seu');
  end if;
  return jsonb_build_object('status', case when
    (select finished_at from public.execucoes where job = v_job and scheduled_at = v_at) is null
    then 'de_outro' else 'feito' end);
end $$;

create function api.finish_job(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_now timestamptz := api.agora();
  -- What failed and may be tried again stays open.
  v_again timestamptz := v_now + make_interval(secs => (p ->> 'retry_in_s')::integer);
begin
  update public.execucoes
     set finished_at = case when v_again is null then v_now end, lease_until = v_now,
         repetir_em = v_again, ok = coalesce((p ->> 'ok')::boolean, false),
         detalhes = coalesce(nullif(p -> 'detalhes', 'null'), '{}')
   where job = private.need_text(p, 'job') and scheduled_at = private.need_time(p, 'scheduled_at')
     and owner = private.need_uuid(p, 'owner') and finished_at is null;
  return jsonb_build_object('status', case when found then 'ok' else 'perdido' end);
end $$;

create function api.catchup_windows(p jsonb) returns jsonb
language sql volatile security definer set search_path = '' set lock_timeout = '450ms'
as $$
  -- Overlaps the last window by an hour: a number that was cut off brings, when it is back, messages
  -- with the times at which they were written, after the windows of that time were closed.
  select jsonb_build_object('instances', coalesce(jsonb_agg(jsonb_build_object(
      'instance', instance,
      'since', greatest(
        coalesce(catchup_until, api.agora()) - interval '1 hour',
        api.agora() - interval '24 hours',
        coalesce(first_connected_at, private.first_heard(instance), api.agora())),
      'until', api.agora()) order by instance), '[]'))
    from public.whatsapp_instances
$$;

create function api.missing_keys(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
  select jsonb_build_object('missing', coalesce(jsonb_agg(k order by n), '[]'))
    from jsonb_array_elements_text(coalesce(p -> 'key_ids', '[]')) with ordinality as t (k, n)
   where not exists (select from public.inbox_keys i
                      where i.instance = private.need_text(p, 'instance') and i.key_id = k)
     and not exists (select from public.sent_ids s
                      where s.instance = private.need_text(p, 'instance') and s.key_id = k)
$$;

create function api.catchup_done(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
begin
  update public.whatsapp_instances
     set catchup_until = greatest(catchup_until, private.need_time(p, 'until'))
   where instance = private.need_text(p, 'instance');
  return jsonb_build_object('status', 'ok');
end $$;

create function api.contract_version(p jsonb) returns jsonb
language sql immutable security definer set search_path = ''
as $$ select jsonb_build_object('version', 1) $$;

create function api.backlog(p jsonb) returns jsonb
-- In plpgsql, because it refers to what later files create.
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
begin
  return (select jsonb_build_object(
    'inbound_due', i.n, 'inbound_oldest_s', coalesce(extract(epoch from api.agora() - i.oldest), 0),
    'outbound_due', o.n, 'outbound_oldest_s', coalesce(extract(epoch from api.agora() - o.oldest), 0),
    'uncertain', (select count(*) from public.fila_mensagens where status = 'incerta'),
    'parked', (select count(*) from public.fila_mensagens where status = 'estacionada'),
    'uncertain_settled_24h', s.n, 'uncertain_evidenced_24h', s.evidenced,
    'uncertain_median_s', s.median_s,
    'paused', private.paused(),
    'paused_scopes', (select count(*) from public.pausas
                       where escopo <> '{}' and coalesce(ate > api.agora(), true)),
    'notices', a.n, 'notices_oldest_s', a.oldest_s,
    'drafts', d.n, 'drafts_oldest_s', coalesce(extract(epoch from api.agora() - d.oldest), 0))
    from private.notices_waiting() a,
         (select count(*) as n, min(created_at) as oldest
            from public.rascunhos_copiloto where status = 'esperando') d,
         (select count(*) as n, min(received_at) as oldest from public.interacoes
           where situacao = 'pendente'
             -- What a pause of a part covers is not late; in a pause of everything all is shown.
             and (private.paused() or not private.paused_for(medico_id, instance))) i,
         (select count(*) as n, min(coalesce(agendar_para, created_at)) as oldest
            from public.fila_mensagens join public.regras_envio using (kind)
           where status = 'pendente' and coalesce(agendar_para, created_at) <= api.agora()
             -- What waits because nobody waits for it is not late.
             and not (proativo and coalesce(
                   espera not in ('nova_tentativa', 'envio_em_aberto', 'digitar'), false))
             and (private.paused() or not pausa
                  or not private.paused_for(medico_id, instance, campanha_id))) o,
         (select count(*) as n, count(*) filter (where evidence is not null) as evidenced,
                 percentile_cont(0.5) within group (
                   order by extract(epoch from resolved_at - deadline_at)::double precision) as median_s
            from public.envios
           where next_check_at is not null
             and resolved_at > api.agora() - interval '24 hours') s);
end $$;
