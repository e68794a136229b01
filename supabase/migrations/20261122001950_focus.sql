-- What managers want Julia to put first, set from Slack: a directive of type `foco` for all doctors. One
-- holds at a time, whoever wrote it.

create function private.standing_focus(p_now timestamptz) returns setof public.diretrizes
language sql stable set search_path = ''
as $$
  select * from public.diretrizes
   where tipo = 'foco' and medico_id is null and vaga_id is null
     and coalesce(expira_em > p_now, true)
$$;

create function api.focus(p jsonb) returns jsonb
language sql volatile security definer set search_path = '' set lock_timeout = '450ms'
as $$
  select jsonb_build_object('focos', coalesce(jsonb_agg(jsonb_build_object(
           'conteudo', conteudo, 'origem', origem, 'por', criada_por, 'ate', expira_em,
           'desde', created_at) order by prioridade desc, created_at desc, id), '[]'))
    from private.standing_focus(api.agora())
$$;

-- Without `conteudo` there is none any more. Once for each `op_id`, which is the row's id.
create function api.set_focus(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_op uuid := private.need_uuid(p, 'op_id');
  v_conteudo text := case when p ->> 'conteudo' is not null then private.need_text(p, 'conteudo') end;
  v_ate timestamptz := case when v_conteudo is not null then private.need_time(p, 'ate') end;
  v_por text := private.need_text(p, 'por');
  v_now timestamptz;
  v_ended integer;
begin
  perform pg_advisory_xact_lock(hashtextextended('foco', 0));
  if exists (select from public.diretrizes where id = v_op or encerrada_op = v_op) then
    return jsonb_build_object('status', 'repetida');
  end if;
  v_now := api.agora();
  update public.diretrizes
     set expira_em = v_now, encerrada_por = v_por, encerrada_op = v_op
   where id in (select id from private.standing_focus(v_now));
  get diagnostics v_ended = row_count;
  if v_conteudo is null then
    return jsonb_build_object('status', case when v_ended > 0 then 'encerrado' else 'sem_foco' end);
  end if;
  insert into public.diretrizes (id, tipo, conteudo, origem, prioridade, expira_em, criada_por, created_at)
  values (v_op, 'foco', v_conteudo, 'slack', 8, v_ate, v_por, v_now);
  return jsonb_build_object('status', 'registrado');
end $$;
