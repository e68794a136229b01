-- What managers ask for in Slack: who may ask, what was asked, and what became of it. A request is
-- stored before anything is done about it, lent to one who does it, and done once however often it is
-- delivered or taken up again. What it may tell of a doctor is forgotten once it was answered.

create table public.gestores (
  -- Slack's id of the person, such as U012AB3CD: a display name may be anybody's.
  slack_id text primary key check (slack_id ~ '^[UW][A-Z0-9]+$'),
  nome text not null check (btrim(nome) <> ''),
  ativo boolean not null default true,
  created_at timestamptz not null default api.agora()
);
comment on table public.gestores is 'Who may command Julia from Slack; taken away by ativo = false.';

create table public.slack_comandos (
  id uuid primary key default gen_random_uuid(),
  -- Slack's id of the request: the same in every delivery of it.
  chave text not null unique,
  tipo text not null check (tipo in ('comando', 'mencao', 'botao')),
  usuario text not null,
  -- As it was written; without digits that may be a number once it was answered.
  texto text not null default '',
  -- Of a button: which, and the value that we gave it.
  botao jsonb,
  -- Where the answer goes; null of a mention, which is answered in the channel.
  resposta_url text,
  -- What was understood; of what is critical, nothing is done before `decisao`.
  pedido jsonb,
  decisao text check (decisao in ('confirmar', 'cancelar')),
  -- The click that decided.
  decisao_de uuid,
  -- What is to be told, from the moment when everything else is done.
  resposta jsonb,
  recebido_em timestamptz not null default api.agora(),
  feito_em timestamptz,
  respondido_em timestamptz,
  emprestado_a uuid,
  emprestado_ate timestamptz,
  tentativas smallint not null default 0,
  erro text,
  -- The span that stored it: what is done for it belongs to that trace.
  traceparent text default private.traceparent()
);
create index slack_comandos_abertos on public.slack_comandos (recebido_em) where respondido_em is null;

-- Each decision of a manager on a doctor; `medicos.opted_out` is what holds now.
create table public.decisoes_medicos (
  op_id uuid primary key,
  medico_id uuid not null references public.medicos,
  decisao text not null check (decisao in ('bloqueado', 'desbloqueado')),
  motivo text not null,
  por text not null,
  created_at timestamptz not null default api.agora()
);
create index decisoes_medicos_medico_idx on public.decisoes_medicos (medico_id, created_at);

alter table public.gestores enable row level security;
alter table public.slack_comandos enable row level security;
alter table public.decisoes_medicos enable row level security;
revoke all on public.gestores, public.slack_comandos, public.decisoes_medicos
  from anon, authenticated, service_role;

-- A URL to answer to lives for half an hour, and so does a question that we asked.
create function private.command_window() returns interval
language sql immutable
as $$ select interval '30 minutes' $$;

create function api.receive_command(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_id uuid;
begin
  insert into public.slack_comandos (chave, tipo, usuario, texto, botao, resposta_url, recebido_em)
  values (private.need_text(p, 'chave'), private.need_word(p, 'tipo', 'comando', 'mencao', 'botao'),
          private.need_text(p, 'usuario'), left(coalesce(p ->> 'texto', ''), 4000), p -> 'botao',
          p ->> 'resposta_url', least(private.need_time(p, 'recebido_em'), api.agora()))
  on conflict (chave) do nothing
  returning id into v_id;
  return jsonb_build_object(
    'status', case when v_id is null then 'repetido' else 'novo' end,
    'id', coalesce(v_id, (select id from public.slack_comandos where chave = p ->> 'chave')));
end $$;

-- An answer that was not brought within the window will not be: the channel is told that there was one.
create function private.give_up_commands(p_now timestamptz) returns void
language plpgsql set search_path = ''
as $$
declare
  k public.slack_comandos;
begin
  for k in
    select * from public.slack_comandos
     where respondido_em is null and feito_em is not null
       and recebido_em < p_now - private.command_window()
       and coalesce(emprestado_ate <= p_now, true)
     for no key update skip locked
  loop
    perform private.forget_command(k.id, p_now);
    perform private.notify_managers('resposta_nao_entregue', null, k.id, jsonb_build_object(
      'usuario', k.usuario, 'verbo', k.pedido ->> 'verbo', 'em', k.recebido_em));
  end loop;
end $$;

-- What asked and answered may hold a number or a name; that it was asked, by whom, stays.
create function private.forget_command(p_id uuid, p_now timestamptz) returns void
language sql volatile set search_path = ''
as $$
  update public.slack_comandos
     set respondido_em = p_now, resposta = null, resposta_url = null,
         texto = regexp_replace(texto, '[0-9][0-9 ().-]{6,}[0-9]', '***', 'g'),
         emprestado_a = null, emprestado_ate = null, erro = null
   where id = p_id
$$;

-- What is to be done or answered, the oldest first, lent to the caller.
create function api.due_commands(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_owner uuid := private.need_uuid(p, 'owner');
  v_limit bigint := private.need_int(p, 'limit');
  v_lease interval := make_interval(secs => private.need_int(p, 'lease_s'));
  v_now timestamptz := api.agora();
  v_rows jsonb;
begin
  perform private.give_up_commands(v_now);
  with due as (
    select id from public.slack_comandos
     where respondido_em is null and coalesce(emprestado_ate <= v_now, true)
     order by recebido_em, id limit v_limit for no key update skip locked
  ), lent as (
    update public.slack_comandos k
       set emprestado_a = v_owner, emprestado_ate = v_now + v_lease, tentativas = tentativas + 1
      from due where due.id = k.id
    returning k.*
  )
  select coalesce(jsonb_agg(jsonb_build_object(
           'id', lent.id, 'tipo', lent.tipo, 'usuario', lent.usuario, 'texto', lent.texto,
           'gestor', g.nome, 'botao', lent.botao, 'resposta_url', lent.resposta_url,
           'resposta', lent.resposta, 'recebido_em', lent.recebido_em, 'agora', v_now,
           'tentativa', lent.tentativas, 'traceparent', lent.traceparent) order by lent.recebido_em, lent.id), '[]')
    into v_rows
    from lent left join public.gestores g on g.slack_id = lent.usuario and g.ativo;
  return jsonb_build_object('comandos', v_rows);
end $$;

-- Everything that was asked for is done, or waits for a confirmation: what is left is to say so.
create function api.keep_answer(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_id uuid := private.need_uuid(p, 'id');
  v_owner uuid := private.need_uuid(p, 'owner');
begin
  update public.slack_comandos
     set resposta = p -> 'resposta', pedido = p -> 'pedido', feito_em = api.agora()
   where id = v_id and emprestado_a = v_owner and respondido_em is null and feito_em is null;
  return jsonb_build_object('status', case when found then 'guardada' else 'perdida' end);
end $$;

create function api.command_answered(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_id uuid := private.need_uuid(p, 'id');
begin
  perform private.forget_command(v_id, api.agora());
  return jsonb_build_object('status', 'ok');
end $$;

create function api.command_failed(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_id uuid := private.need_uuid(p, 'id');
  v_owner uuid := private.need_uuid(p, 'owner');
  v_erro text := left(private.need_text(p, 'erro'), 300);
  v_retry interval := make_interval(secs => private.need_text(p, 'retry_in_s')::double precision);
begin
  update public.slack_comandos
     set emprestado_a = null, emprestado_ate = api.agora() + v_retry, erro = v_erro
   where id = v_id and emprestado_a = v_owner and respondido_em is null;
  return jsonb_build_object('status', case when found then 'devolvido' else 'perdido' end);
end $$;

-- The answer to "are you sure?": taken from who had asked, once, within the window. The same click
-- finds the same again, as does whoever takes it up after a kill.
create function api.decide_command(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_id uuid := private.need_uuid(p, 'id');
  v_click uuid := private.need_uuid(p, 'clique');
  v_usuario text := private.need_text(p, 'usuario');
  v_decisao text := private.need_word(p, 'decisao', 'confirmar', 'cancelar');
  k public.slack_comandos;
  c public.slack_comandos;
  v_status text;
begin
  select * into k from public.slack_comandos where id = v_id for no key update;
  -- The time of the click, not of now: a confirmation that waited for us is one all the same.
  select * into c from public.slack_comandos where id = v_click;
  v_status := case
    when k.id is null or k.pedido is null or c.id is null then 'desconhecida'
    when k.decisao_de = v_click then 'decidida'
    when k.decisao is not null then 'ja_decidida'
    when k.usuario <> v_usuario then 'de_outro'
    when c.recebido_em > k.recebido_em + private.command_window() then 'vencida'
    else 'decidida' end;
  if v_status = 'decidida' and k.decisao is null then
    update public.slack_comandos set decisao = v_decisao, decisao_de = v_click where id = v_id;
    k.decisao := v_decisao;
  end if;
  return jsonb_build_object('status', v_status, 'decisao', k.decisao,
                            'pedido', case when v_status = 'decidida' then k.pedido end);
end $$;

-- A scope as a manager names it: specialties by nearly their name, campaigns by name or id. What
-- resumes may name what is no more.
create function api.find_scope(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_asked jsonb := coalesce(p -> 'escopo', '{}');
  v_stops boolean := private.need_word(p, 'status', 'ativo', 'pausado') = 'pausado';
  v_found jsonb := '{}';
  v_options text[];
  v_name text;
  v_asked_name text;
begin
  for v_name, v_asked_name in select * from jsonb_each_text(v_asked) loop
    case v_name
      when 'especialidade' then
        v_found := v_found || jsonb_build_object(v_name, (
          select nome from public.especialidades where id = private.find_specialty(v_asked_name)));
        v_options := array(select nome from public.especialidades order by nome limit 60);
      when 'estado' then
        v_found := v_found || jsonb_build_object(v_name, (
          select s from unnest(private.states()) s where s = upper(v_asked_name)));
        v_options := private.states();
      when 'campanha' then
        v_found := v_found || jsonb_build_object(v_name, (
          select id from public.campanhas
           where id::text = lower(v_asked_name) or private.plain(nome) = private.plain(v_asked_name)
           order by created_at desc limit 1));
        v_options := array(select nome from public.campanhas where status in ('ativa', 'agendada')
                            order by created_at desc limit 20);
      when 'instancia' then
        v_found := v_found || jsonb_build_object(v_name, (
          select instance from public.whatsapp_instances
           where lower(instance) = lower(v_asked_name) limit 1));
        v_options := array(select instance from public.whatsapp_instances order by instance limit 60);
      else
        perform private.argument_missing('escopo', 'especialidade, estado, campanha or instancia');
    end case;
    if v_found -> v_name = 'null' then
      if v_stops or v_name = 'estado' then
        return jsonb_build_object('status', 'desconhecido', 'campo', v_name, 'opcoes', v_options);
      end if;
      v_found := v_found || jsonb_build_object(v_name, v_asked_name);
    end if;
  end loop;
  return jsonb_build_object('status', 'ok', 'escopo', v_found, 'campanha', (
    select nome from public.campanhas where id::text = v_found ->> 'campanha'));
end $$;

-- How Julia is right now.
create function api.overview(p jsonb) returns jsonb
language sql volatile security definer set search_path = '' set lock_timeout = '450ms'
as $$
  select jsonb_build_object(
    'agora', api.agora(), 'pausas', private.pauses_for_managers(api.agora()),
    'situacao', private.report_standing(), 'fila', api.backlog('{}'),
    'canario', api.canary_status('{}'),
    'numeros', (select coalesce(jsonb_agg(jsonb_build_object(
                  'instance', instance, 'state', state, 'saude', saude) order by instance), '[]')
                  from public.whatsapp_instances))
$$;

create function api.metrics_between(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_de timestamptz := private.need_time(p, 'de');
  v_ate timestamptz := private.need_time(p, 'ate');
begin
  return jsonb_build_object('de', v_de, 'ate', v_ate,
                            'metricas', private.report_metrics(v_de, v_ate));
end $$;

create function api.last_report(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_tipo text := case when p ? 'tipo' then
    private.need_word(p, 'tipo', 'diario', 'periodo', 'semanal') end;
begin
  return jsonb_build_object('relatorio', private.report_json((
    select id from public.reports where coalesce(tipo = v_tipo, true)
     order by agendado_para desc, created_at desc limit 1)));
end $$;

create function api.open_shifts(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_limit bigint := private.need_int(p, 'limite');
  v_regiao text := p ->> 'regiao';
  v_especialidade smallint := private.find_specialty(p ->> 'especialidade');
  v_ids uuid[];
begin
  if p ? 'especialidade' and v_especialidade is null then
    return jsonb_build_object('status', 'especialidade', 'total', 0, 'vagas', '[]'::jsonb);
  end if;
  v_ids := array(
    select v.id from public.vagas v join public.hospitais h on h.id = v.hospital_id
     where private.is_open(v.status) and v.inicio > api.agora()
       and coalesce(v.especialidade_id = v_especialidade, true)
       and (v_regiao is null or private.is_in_region(h, v_regiao))
     order by v.inicio, v.id);
  return jsonb_build_object(
    'status', 'ok', 'total', cardinality(v_ids),
    'especialidade', (select nome from public.especialidades where id = v_especialidade),
    'vagas', (select coalesce(jsonb_agg(private.shift_for_managers(id) order by n), '[]')
                from unnest(v_ids) with ordinality as t (id, n) where n <= v_limit));
end $$;

-- The doctor whom a manager means: by phone, in any form, or by the id of doctor or conversation.
create function private.doctor_meant(p_reference text) returns uuid
language plpgsql stable set search_path = ''
as $$
declare
  v_digits text := regexp_replace(p_reference, '[^0-9]', '', 'g');
  v_phone text;
  v_id uuid;
begin
  if p_reference ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then
    select medico_id into v_id from public.conversations where id = p_reference::uuid;
    v_id := coalesce(v_id, (select id from public.medicos where id = p_reference::uuid));
  else
    v_phone := private.canonical_phone('+' || case when length(v_digits) in (10, 11) then '55' else '' end
                                       || v_digits);
    select id into v_id from public.medicos where telefone = v_phone;
    v_id := coalesce(v_id, (select medico_id from public.contact_identities
                             where jid = substr(v_phone, 2) || '@s.whatsapp.net' limit 1));
  end if;
  while v_id is not null and exists (
      select from public.medicos where id = v_id and merged_into is not null) loop
    select merged_into into v_id from public.medicos where id = v_id;
  end loop;
  return (select id from public.medicos where id = v_id and deleted_at is null and not canario);
end $$;

-- The conversation that is meant: the one named, or the doctor's open one that spoke last.
create function private.conversation_meant(p_reference text, p_medico uuid)
returns public.conversations
language sql stable set search_path = ''
as $$
  select * from public.conversations
   where medico_id = p_medico and status in ('active', 'paused', 'escalated')
   order by (id::text = lower(p_reference)) desc, last_message_at desc nulls last, id limit 1
$$;

create function api.find_doctor(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_reference text := private.need_text(p, 'referencia');
  v_id uuid := private.doctor_meant(v_reference);
  c public.conversations;
begin
  if v_id is null then
    return jsonb_build_object('status', 'desconhecido');
  end if;
  c := private.conversation_meant(v_reference, v_id);
  return (
    select jsonb_build_object(
      'status', 'encontrado',
      'medico', jsonb_build_object(
        'id', m.id, 'nome', private.name_for_managers(m), 'especialidade', e.nome,
        'cidade', m.cidade, 'estado', m.estado, 'final', right(m.telefone, 4),
        'opted_out', m.opted_out, 'opted_out_at', m.opted_out_at,
        'sem_contato_ate', case when m.sem_contato_ate > api.agora() then m.sem_contato_ate end,
        'bloqueado_por', (
          select d.por from public.decisoes_medicos d
           where d.medico_id = m.id and m.opted_out and d.decisao = 'bloqueado'
             and d.created_at >= m.opted_out_at
           order by d.created_at desc limit 1),
        'ultima_entrada_em', m.ultima_entrada_em),
      'conversa', case when c.id is not null then jsonb_build_object(
        'id', c.id, 'instance', c.instance, 'controlled_by', c.controlled_by, 'motivo', c.escalation_reason,
        'mensagens', c.message_count, 'ultima_em', c.last_message_at) end,
      'reservas', private.bookings_json(array(
        select r.id from public.reservas r join public.vagas v on v.id = r.vaga_id
         where r.medico_id = m.id and r.status = 'confirmada' and v.fim > api.agora())))
      from public.medicos m left join public.especialidades e on e.id = m.especialidade_id
     where m.id = v_id);
end $$;

-- A manager's word on whether we write to a doctor. Blocked is opted out, in all that follows from it
-- but the confirmation, of which there is nobody to be told.
create function api.change_doctor(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_op uuid := private.need_uuid(p, 'op_id');
  v_medico uuid := private.need_uuid(p, 'medico_id');
  v_decisao text := private.need_word(p, 'decisao', 'bloqueado', 'desbloqueado');
  v_motivo text := private.need_text(p, 'motivo');
  v_por text := private.need_text(p, 'por');
  v_now timestamptz;
  m public.medicos;
begin
  perform private.lock_contacts(array[v_medico]);
  select * into m from public.medicos where id = v_medico;
  if not found then
    raise exception 'doctor % does not exist', v_medico
      using errcode = 'P0002', hint = 'Look the doctor up again: api.find_doctor.';
  end if;
  if exists (select from public.decisoes_medicos where op_id = v_op) then
    return jsonb_build_object('status', 'repetida');
  end if;
  if m.opted_out = (v_decisao = 'bloqueado') then
    return jsonb_build_object('status', 'ja_estava');
  end if;
  v_now := api.agora();
  if v_decisao = 'bloqueado' then
    if exists (select from public.conversations where medico_id = v_medico) then
      perform private.opt_out((select id from public.conversations where medico_id = v_medico
                                order by id limit 1), v_now, 'Bloqueado por um gestor', false);
    else
      perform private.record_opt_out(v_medico, v_now, 'Bloqueado por um gestor');
    end if;
  else
    update public.medicos
       set opted_out = false,
           stage_jornada = case when ultima_entrada_em is null then 'novo' else 'respondeu' end
     where id = v_medico;
  end if;
  insert into public.decisoes_medicos (op_id, medico_id, decisao, motivo, por, created_at)
  values (v_op, v_medico, v_decisao, v_motivo, v_por, greatest(v_now, api.agora()));
  return jsonb_build_object('status', v_decisao);
end $$;
