-- Bringing notices to managers: each is lent to one who posts it, and ends when it was posted. What a
-- doctor wrote, or a number of hers, stays here: `due_notices` says enough to find it.

-- A name as managers know it. WhatsApp's was chosen by the doctor: without digits and line breaks.
create function private.name_for_managers(m public.medicos) returns text
language sql immutable set search_path = ''
as $$
  select nullif(left(btrim(regexp_replace(
           coalesce(nullif(concat_ws(' ', m.primeiro_nome, m.sobrenome), ''), m.nome_whatsapp, ''),
           '[0-9[:cntrl:]]+', ' ', 'g')), 60), '')
$$;

create function private.shift_for_managers(p_vaga uuid) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select jsonb_build_object('hospital', h.nome, 'especialidade', e.nome,
                              'quando', private.say_when(v), 'valor', private.say_value(v))
      from public.vagas v
      join public.hospitais h on h.id = v.hospital_id
      join public.especialidades e on e.id = v.especialidade_id
     where v.id = p_vaga);
end $$;

-- The part that a notice is about, without its words and its destination.
create function private.send_for_managers(p_fila uuid) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select jsonb_build_object('fila_id', f.id, 'kind', f.kind, 'instance', f.instance,
                              'status', f.status, 'tentado_em', f.processando_desde)
      from public.fila_mensagens f where f.id = p_fila);
end $$;

create function private.notice_json(n public.notificacoes_gestor) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return jsonb_build_object(
    'id', n.id, 'tipo', n.tipo, 'created_at', n.created_at, 'tentativa', n.tentativas,
    'conversa_id', n.conversa_id, 'referencia', n.referencia,
    'medico', (select jsonb_build_object('id', m.id, 'nome', private.name_for_managers(m),
                                         'especialidade', e.nome)
                 from public.medicos m
                 left join public.especialidades e on e.id = m.especialidade_id
                where m.id = n.medico_id),
    'vaga', private.shift_for_managers(nullif(n.dados ->> 'vaga_id', '')::uuid),
    'envio', private.send_for_managers(nullif(n.dados ->> 'fila_id', '')::uuid),
    'relatorio', case n.tipo when 'relatorio' then private.report_json(n.referencia) end,
    'dados', n.dados - 'texto' - case n.tipo when 'cancelamento' then 'motivo' else '' end
      -- As it is by now: Chatwoot may not have had the conversation when this was written.
      || case when n.tipo in ('conversa_assumida', 'conversa_devolvida') then
           jsonb_build_object('chatwoot_conversation_id', (
             select chatwoot_conversation_id from public.conversations where id = n.conversa_id))
         else '{}' end
      || case when n.tipo = 'conversa_assumida' then
           jsonb_build_object('vip', exists (
             select from public.diretrizes
              where tipo = 'vip' and medico_id = n.medico_id
                and coalesce(expira_em > api.agora(), true)))
         else '{}' end);
end $$;

-- What is to be brought now, the oldest first, lent to the caller. After a week it is no news.
create function api.due_notices(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_owner uuid := private.need_uuid(p, 'owner');
  v_limit bigint := private.need_int(p, 'limit');
  v_lease interval := make_interval(secs => private.need_int(p, 'lease_s'));
  v_now timestamptz := api.agora();
  v_rows jsonb;
begin
  with due as (
    select id from public.notificacoes_gestor
     where entregue_em is null and coalesce(emprestada_ate <= v_now, true)
       and created_at > v_now - interval '7 days'
     order by created_at, id limit v_limit for no key update skip locked
  ), lent as (
    update public.notificacoes_gestor n
       set emprestada_a = v_owner, emprestada_ate = v_now + v_lease, tentativas = tentativas + 1
      from due where due.id = n.id
    returning n.*
  )
  select coalesce(jsonb_agg(private.notice_json(lent::public.notificacoes_gestor)
                            order by lent.created_at, lent.id), '[]')
    into v_rows from lent;
  return jsonb_build_object('avisos', v_rows);
end $$;

create function api.notices_delivered(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  -- Not in the WHERE: it would be read only where a row gets so far.
  v_ids uuid[] := private.uuid_list(p, 'ids');
  v_count integer;
begin
  update public.notificacoes_gestor
     set entregue_em = api.agora(), emprestada_a = null, emprestada_ate = null, erro = null
   where id = any (v_ids) and entregue_em is null;
  get diagnostics v_count = row_count;
  return jsonb_build_object('entregues', v_count);
end $$;

-- Not posted: tried again in `retry_in_s`, by whoever comes first.
create function api.notices_failed(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_ids uuid[] := private.uuid_list(p, 'ids');
  v_owner uuid := private.need_uuid(p, 'owner');
  v_erro text := left(private.need_text(p, 'erro'), 300);
  v_retry interval := make_interval(secs => private.need_text(p, 'retry_in_s')::double precision);
  v_count integer;
begin
  update public.notificacoes_gestor
     set emprestada_a = null, emprestada_ate = api.agora() + v_retry, erro = v_erro
   where id = any (v_ids) and entregue_em is null and emprestada_a = v_owner;
  get diagnostics v_count = row_count;
  return jsonb_build_object('devolvidas', v_count);
end $$;

-- For the gauges of `backlog`: how many wait, and since when the oldest of them.
create function private.notices_waiting(out n bigint, out oldest_s double precision)
language sql volatile set search_path = ''
as $$
  select count(*), extract(epoch from api.agora() - min(created_at))
    from public.notificacoes_gestor
   where entregue_em is null and created_at > api.agora() - interval '7 days'
$$;
