-- Reports to managers: what is counted over a window of São Paulo's time, and the reports that were
-- made of it. Contacts of the canary count nowhere, nor does what is no WhatsApp.

create table public.reports (
  id uuid primary key default gen_random_uuid(),
  -- `diario`: the day before; `periodo`: since the report before it; `semanal`: Monday to Sunday.
  tipo text not null check (tipo in ('diario', 'periodo', 'semanal')),
  agendado_para timestamptz not null,
  de timestamptz not null,
  ate timestamptz not null check (de < ate),
  metricas jsonb not null,
  -- What stands out, and what to do about it: texts for managers.
  destaques jsonb not null default '[]',
  recomendacoes jsonb not null default '[]',
  created_at timestamptz not null default api.agora(),
  unique (tipo, agendado_para)
);
alter table public.reports enable row level security;
revoke all on public.reports from anon, authenticated, service_role;

-- A tree, although rows come in order of time: a summary of blocks would lack the newest ones until
-- the next vacuum, and a report asks for exactly those.
create index interacoes_received_at on public.interacoes (received_at);
create index handoffs_created_at on public.handoffs (created_at);
create index metricas_deteccao_bot_created_at on public.metricas_deteccao_bot (created_at);
create index recusas_vagas_created_at on public.recusas_vagas (created_at);

-- When a booking became one, and when it was given up; `updated_at` changes for other reasons too.
alter table public.reservas
  add column confirmada_em timestamptz,
  add column cancelada_em timestamptz;
create index reservas_confirmada_em on public.reservas (confirmada_em) where confirmada_em is not null;
create index reservas_cancelada_em on public.reservas (cancelada_em) where cancelada_em is not null;

create function private.reservas_times() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if new.status = 'confirmada' then
    new.confirmada_em := coalesce(new.confirmada_em, api.agora());
  elsif new.status = 'cancelada' then
    new.cancelada_em := coalesce(new.cancelada_em, api.agora());
  end if;
  return new;
end $$;

create trigger reservas_times before insert or update of status on public.reservas
for each row execute function private.reservas_times();

-- The window of a report that is due at a time. A period reaches back to the report before it, so that
-- everything is in exactly one of a day's four: the first has the night.
create function private.report_window(
  p_tipo text, p_at timestamptz, out de timestamptz, out ate timestamptz)
language plpgsql stable set search_path = ''
as $$
declare
  v_local timestamp := p_at at time zone 'America/Sao_Paulo';
  v_day date := v_local::date;
  v_monday date := date_trunc('week', v_local)::date;
begin
  case p_tipo
  when 'diario' then
    de := (v_day - 1)::timestamp at time zone 'America/Sao_Paulo';
    ate := v_day::timestamp at time zone 'America/Sao_Paulo';
  when 'semanal' then
    de := (v_monday - 7)::timestamp at time zone 'America/Sao_Paulo';
    ate := v_monday::timestamp at time zone 'America/Sao_Paulo';
  when 'periodo' then
    ate := p_at;
    select max(mark at time zone 'America/Sao_Paulo') into de
      from (select (d + h)::timestamp as mark
              from unnest(array[v_day - 1, v_day]) d,
                   unnest(array[time '10:00', time '13:00', time '17:00', time '20:00']) h) marks
     where mark < v_local;
  end case;
end $$;

-- Why a doctor did not want a shift, by the words that the turn noted; the words stay where they are.
create function private.objection(p_motivo text) returns text
language sql immutable set search_path = ''
as $$
  select case
    when t ~ '\m(valor|preco|pag|remunera|dinheiro|barato|reais|cache|diaria)' then 'valor'
    when t ~ '\m(longe|dist|local|cidade|regiao|transito|desloc|estrada)' then 'distancia'
    when t ~ '\m(agenda|ocupad|ferias|viaj|viagem|compromisso|indispon|outro plantao|ja t(em|enho|inha)|nao pode|nao posso|lotad|chei)'
      then 'agenda'
    when t ~ '\m(horario|noit|noturn|madrugada|manha|tarde|diurno|turno|24 ?h|12 ?h|fim de semana|final de semana|sabado|domingo|feriado|dia)'
      then 'horario'
    when t ~ '\m(hospital|clinica|maternidade|unidade|equipe|estrutura|lugar)' then 'hospital'
    when t ~ '\m(especialidade|nao faz|nao faco|nao atend|nao atua|nao e a area|area)' then 'especialidade'
    else 'outro' end
    from (select private.plain(coalesce(p_motivo, '')) as t) x
$$;

-- Messages of a window, each in exactly one: by when the database took note of it.
create function private.report_messages(p_de timestamptz, p_ate timestamptz)
returns table (medico_id uuid, conversa_id uuid, tipo text, autor text, origem text, quando timestamptz)
language sql stable set search_path = ''
as $$
  select i.medico_id, i.conversa_id, i.tipo, i.autor_tipo, i.origem, i.received_at
    from public.interacoes i join public.medicos m on m.id = i.medico_id
   where i.received_at >= p_de and i.received_at < p_ate
     and i.situacao <> 'historico' and i.canal = 'whatsapp' and not m.canario
$$;

-- Kinds that we send of our own accord; a reminder was asked for.
create function private.own_accord() returns text[]
language sql stable set search_path = ''
as $$ select array(select kind from public.regras_envio where proativo and kind <> 'lembrete') $$;

-- Of the doctors whom we wrote to of our own accord: who answered, and who booked after it.
create function private.report_funnel(p_de timestamptz, p_ate timestamptz) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  -- Asked once: in a query it would be asked for every row.
  v_own text[] := private.own_accord();
begin
  return (
    with said as materialized (
      select * from private.report_messages(p_de, p_ate)
    ), contacted as (
      select medico_id, min(quando) as since from said
       where tipo = 'saida' and origem = any (v_own) group by medico_id
    ), answered as (
      select distinct c.medico_id from contacted c join said s on s.medico_id = c.medico_id
       where s.tipo = 'entrada' and s.quando > c.since
    ), booked as (
      select r.medico_id from public.reservas r join contacted c on c.medico_id = r.medico_id
       where r.confirmada_em > c.since and r.confirmada_em < p_ate and r.conversa_id is not null
    )
    select jsonb_build_object(
      'contatados', (select count(*) from contacted),
      'responderam', (select count(*) from answered),
      'convertidos', (select count(distinct medico_id) from booked),
      'plantoes', (select count(*) from booked)));
end $$;

create function private.report_suspicions(p_de timestamptz, p_ate timestamptz) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    with cases as (
      select d.id, d.medico_id, d.padrao_detectado, d.created_at
        from public.metricas_deteccao_bot d join public.medicos m on m.id = d.medico_id
       where d.created_at >= p_de and d.created_at < p_ate
         and d.falso_positivo is distinct from true and not m.canario
    )
    select jsonb_build_object(
      'medicos', (select count(distinct medico_id) from cases),
      'casos', (select coalesce(jsonb_agg(jsonb_build_object(
                  'id', id, 'padrao', padrao_detectado, 'em', created_at) order by id), '[]')
                  from (select * from cases order by id desc limit 5) newest)));
end $$;

create function private.report_bookings(p_de timestamptz, p_ate timestamptz) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object(
    'fechados', count(*) filter (where confirmada_em >= p_de and confirmada_em < p_ate),
    'valor_centavos', coalesce(sum(valor_centavos)
                        filter (where confirmada_em >= p_de and confirmada_em < p_ate), 0),
    'cancelados', count(*) filter (where cancelada_em >= p_de and cancelada_em < p_ate))
    from public.reservas
   where confirmada_em >= p_de and confirmada_em < p_ate
      or cancelada_em >= p_de and cancelada_em < p_ate
$$;

create function private.report_handoffs(p_de timestamptz, p_ate timestamptz) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('total', coalesce(sum(n), 0),
                            'por_tipo', coalesce(jsonb_object_agg(trigger_type, n), '{}'))
    from (select h.trigger_type, count(*) as n
            from public.handoffs h join public.medicos m on m.id = h.medico_id
           where h.created_at >= p_de and h.created_at < p_ate and not m.canario
           group by h.trigger_type) x
$$;

create function private.report_objections(p_de timestamptz, p_ate timestamptz) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('motivo', motivo, 'n', n) order by n desc, motivo), '[]')
    from (select private.objection(motivo) as motivo, count(*) as n from public.recusas_vagas
           where created_at >= p_de and created_at < p_ate group by 1) x
$$;

-- How things stand when the report is made, whatever its window.
create function private.report_standing() returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_now timestamptz := api.agora();
begin
  return jsonb_build_object(
    'pausada', private.paused(),
    'estacionadas', (select count(*) from public.fila_mensagens where status = 'estacionada'),
    'com_pessoas', (select count(*) from public.handoffs where status = 'pendente'),
    'numeros_doentes', (select coalesce(jsonb_agg(jsonb_build_object(
                          'instance', instance, 'saude', saude) order by instance), '[]')
                          from public.whatsapp_instances where saude <> 'boa'),
    'vagas_criticas', (select count(*) from public.vagas
                        where private.is_open(status) and inicio > v_now
                          and inicio < v_now + interval '3 days'));
end $$;

-- What is counted from `p_de` to before `p_ate`.
create function private.report_metrics(p_de timestamptz, p_ate timestamptz) returns jsonb
language plpgsql volatile set search_path = ''
as $$
declare
  v_own text[] := private.own_accord();
  m record;
begin
  select count(*) filter (where tipo = 'entrada') as recebidas,
         count(distinct medico_id) filter (where tipo = 'entrada') as medicos,
         count(*) filter (where tipo = 'saida' and autor = 'julia') as enviadas,
         count(*) filter (where tipo = 'saida' and autor = 'julia'
                            and origem = any (v_own)) as iniciativa,
         count(*) filter (where tipo = 'saida' and autor = 'gestor') as pessoas,
         count(distinct conversa_id) filter (where tipo = 'entrada') as conversas
    into m from private.report_messages(p_de, p_ate);
  return jsonb_build_object(
    'recebidas', m.recebidas, 'medicos', m.medicos, 'conversas', m.conversas,
    'enviadas', m.enviadas, 'iniciativa', m.iniciativa, 'pessoas', m.pessoas,
    'funil', private.report_funnel(p_de, p_ate),
    'plantoes', private.report_bookings(p_de, p_ate),
    'handoffs', private.report_handoffs(p_de, p_ate),
    'suspeitas', private.report_suspicions(p_de, p_ate),
    -- By when the database took note: when it was said may lie in a window that is over.
    'opt_outs', (select count(distinct s.medico_id) from public.paradas_contato s
                   join public.medicos d on d.id = s.medico_id and not d.canario
                  where s.tipo = 'definitiva' and s.nova and s.desde >= p_de and s.desde < p_ate),
    'objecoes', private.report_objections(p_de, p_ate),
    'agora', private.report_standing());
end $$;

create function api.report_numbers(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  w record;
begin
  w := private.report_window(private.need_word(p, 'tipo', 'diario', 'periodo', 'semanal'),
                             private.need_time(p, 'scheduled_at'));
  return jsonb_build_object('de', w.de, 'ate', w.ate,
                            'metricas', private.report_metrics(w.de, w.ate));
end $$;

-- Keeps a report and has it brought to managers, once for each time; the first that was made stands.
create function api.store_report(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_id uuid;
begin
  insert into public.reports (tipo, agendado_para, de, ate, metricas, destaques, recomendacoes)
  values (private.need_word(p, 'tipo', 'diario', 'periodo', 'semanal'),
          private.need_time(p, 'scheduled_at'), private.need_time(p, 'de'),
          private.need_time(p, 'ate'), p -> 'metricas',
          coalesce(p -> 'destaques', '[]'), coalesce(p -> 'recomendacoes', '[]'))
  on conflict (tipo, agendado_para) do nothing
  returning id into v_id;
  if v_id is not null then
    insert into public.notificacoes_gestor (tipo, referencia) values ('relatorio', v_id);
    return jsonb_build_object('status', 'guardado', 'report_id', v_id);
  end if;
  select id into v_id from public.reports
   where tipo = p ->> 'tipo' and agendado_para = (p ->> 'scheduled_at')::timestamptz;
  return jsonb_build_object('status', 'ja_guardado', 'report_id', v_id);
end $$;

create function private.report_json(p_report uuid) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (select to_jsonb(r) - 'created_at' from public.reports r where id = p_report);
end $$;
