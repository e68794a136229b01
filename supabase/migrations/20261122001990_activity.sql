-- What the gauges show of doctors and people over the last 24 hours, and of the jobs' last good runs.

create index medicos_sem_contato_desde on public.medicos (sem_contato_desde)
  where sem_contato_desde is not null;

create function private.opt_outs(p_since timestamptz) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'definitivo', (select count(*) from public.medicos
                    where opted_out and opted_out_at >= p_since and not canario),
    'mes', (select count(*) from public.medicos
             where sem_contato_desde >= p_since and not canario),
    'vaga', (select count(*) from public.recusas_vagas where created_at >= p_since))
$$;

create function private.suspicions(p_since timestamptz) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('medicos', count(distinct medico_id),
           'por_padrao', coalesce((
             select jsonb_object_agg(padrao_detectado, n)
               from (select padrao_detectado, count(*) as n
                       from public.metricas_deteccao_bot b join public.medicos m on m.id = b.medico_id
                      where b.created_at >= p_since and b.falso_positivo is distinct from true
                        and not m.canario
                      group by 1) x), '{}'))
    from public.metricas_deteccao_bot b join public.medicos m on m.id = b.medico_id
   where b.created_at >= p_since and b.falso_positivo is distinct from true and not m.canario
$$;

-- Turns that were answered, and conversations that Julia gave to people: not those that people took,
-- nor those that two contacts of one doctor became.
create function private.last_hour() returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'respondidos', (select count(*)
                      from public.turnos t
                      join public.conversations c on c.id = t.conversa_id
                      join public.medicos m on m.id = c.medico_id
                     where t.committed_at >= api.agora() - interval '1 hour'
                       and t.outcome = 'resposta' and not m.canario),
    'transferidas', (select count(*)
                       from public.handoffs h join public.medicos m on m.id = h.medico_id
                      where h.created_at >= api.agora() - interval '1 hour'
                        and h.trigger_type not in ('manual', 'contato_unificado') and not m.canario))
$$;

create function api.activity(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_now timestamptz := api.agora();
  v_since timestamptz := v_now - interval '24 hours';
begin
  return jsonb_build_object(
    'conversando', (select count(distinct medico_id)
                      from private.report_messages(v_since, v_now) where tipo = 'entrada'),
    'suspeitas', private.suspicions(v_since),
    'transferencias', private.report_handoffs(v_since, v_now) -> 'por_tipo',
    'com_pessoas', (select count(*) from public.handoffs where status = 'pendente'),
    'com_pessoas_idade_s', (select extract(epoch from v_now - min(created_at))
                              from public.handoffs where status = 'pendente'),
    'opt_outs', private.opt_outs(v_since),
    'funil', private.report_funnel(v_since, v_now),
    'abertas', (select jsonb_build_object(
                  'ai', count(*) filter (where controlled_by = 'ai'),
                  'human', count(*) filter (where controlled_by = 'human'))
                  from public.conversations
                 where status in ('active', 'paused', 'escalated')),
    'ultima_hora', private.last_hour(),
    'sem_desfecho', (select count(*) from public.interacoes
                      where situacao = 'pendente' and received_at < v_now - private.reply_window()
                        and not private.paused_for(medico_id, instance))
                     + (select count(*)
                          from public.rascunhos_copiloto d
                          join public.conversations c on c.id = d.conversa_id
                         where d.status = 'esperando' and d.expira_em < v_now
                           and not private.paused_for(c.medico_id, c.instance)));
end $$;

-- Of each job in `jobs` that ever ended well: the scheduled time of its last good run.
create function api.last_runs(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
  select jsonb_build_object('agora', api.agora(),
           'jobs', coalesce(jsonb_object_agg(j, r.scheduled_at) filter (where r.scheduled_at is not null), '{}'))
    from jsonb_array_elements_text(coalesce(p -> 'jobs', '[]')) as t (j)
    left join lateral (select scheduled_at from public.execucoes
                        where job = t.j and ok order by scheduled_at desc limit 1) r on true
$$;
