-- What must never happen, looked for every night in what the database has recorded. Read from the
-- claims and the stops themselves, not from what the functions that sent thought about them.

create index envios_quando on public.envios using brin (claimed_at);
create index interacoes_quando on public.interacoes using brin (received_at);

-- Since when, and until when, a doctor was not to be written to: `medicos` knows only what holds now.
create table public.paradas_contato (
  id bigint generated always as identity primary key,
  medico_id uuid not null references public.medicos,
  tipo text not null check (tipo in ('definitiva', 'mes')),
  -- When it was committed; `dita_em`: when the doctor said it.
  desde timestamptz not null,
  dita_em timestamptz not null,
  -- When it ends by itself, and when it was ended.
  ate timestamptz,
  encerrada_em timestamptz,
  -- False of what was known already: said again, brought along by a contact that became one with
  -- this, or older than our record of the doctor.
  nova boolean not null default true
);
create index paradas_contato_medico_idx on public.paradas_contato (medico_id, desde);
create index paradas_contato_novas_idx on public.paradas_contato (desde)
  where tipo = 'definitiva' and nova;
create index medicos_opted_out_at on public.medicos (opted_out_at) where opted_out;

create function private.medicos_note_stops() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_now timestamptz := api.agora();
  v_fresh boolean := tg_op = 'INSERT';
begin
  if v_fresh or old.opted_out_at is distinct from new.opted_out_at then
    update public.paradas_contato set encerrada_em = v_now
     where medico_id = new.id and tipo = 'definitiva' and encerrada_em is null;
    insert into public.paradas_contato (medico_id, tipo, desde, dita_em, nova)
    select new.id, 'definitiva', v_now, new.opted_out_at,
           case when v_fresh then new.opted_out_at >= new.created_at
                else not old.opted_out and not exists (
                  select from public.medicos l
                   where l.opted_out and l.opted_out_at = new.opted_out_at
                     and l.merged_into = new.id) end
     where new.opted_out;
  end if;
  if v_fresh or old.sem_contato_ate is distinct from new.sem_contato_ate then
    update public.paradas_contato set encerrada_em = v_now
     where medico_id = new.id and tipo = 'mes' and encerrada_em is null;
    insert into public.paradas_contato (medico_id, tipo, desde, dita_em, ate)
    select new.id, 'mes', v_now, new.sem_contato_desde, new.sem_contato_ate
     where new.sem_contato_ate is not null;
  end if;
  return null;
end $$;

create trigger medicos_note_stops_at_insert after insert on public.medicos
for each row when (new.opted_out or new.sem_contato_ate is not null)
execute function private.medicos_note_stops();

create trigger medicos_note_stops after update on public.medicos
for each row when (old.opted_out_at is distinct from new.opted_out_at
                   or old.sem_contato_ate is distinct from new.sem_contato_ate)
execute function private.medicos_note_stops();

-- The claims of the time that is looked at, each with the rules of its kind. `medico_id` is whom it
-- was claimed for, `pessoa_id` who that is now: contacts are united, and their messages go along.
create type private.prova_envio as (
  claim_id uuid, fila_id uuid, conversa_id uuid, medico_id uuid, pessoa_id uuid, instance text,
  kind text, conta boolean, claimed_at timestamptz, alvo jsonb, criada_em timestamptz,
  regra public.regras_envio
);

create function private.claims_between(p_de timestamptz, p_ate timestamptz)
returns setof private.prova_envio
language sql stable set search_path = ''
as $$
  select e.claim_id, e.fila_id, e.conversa_id, e.medico_id, f.medico_id, e.instance, e.kind,
         e.conta, e.claimed_at, e.alvo, f.created_at, r
    from public.envios e
    join public.fila_mensagens f on f.id = e.fila_id
    join public.regras_envio r on r.kind = e.kind
   where e.claimed_at >= p_de and e.claimed_at < p_ate
$$;

-- Claimed for a doctor who had said stop, and had not written again since.
create function private.proof_after_opt_out(p_de timestamptz, p_ate timestamptz)
returns setof uuid
language sql stable set search_path = ''
as $$
  select c.claim_id from private.claims_between(p_de, p_ate) c
    join public.paradas_contato s on s.medico_id = c.medico_id
     and s.desde < c.claimed_at
     and coalesce(least(s.encerrada_em, s.ate), 'infinity') > c.claimed_at
   where case s.tipo
     when 'definitiva' then (c.regra).opt_out = 'sempre'
       or (c.regra).opt_out = 'salvo_resposta' and not exists (
         select from public.interacoes i
          where i.medico_id = c.pessoa_id and i.tipo = 'entrada'
            and i.provider_at > s.dita_em and i.received_at <= c.claimed_at)
     else (c.regra).mes = 'sempre'
       or (c.regra).mes = 'salvo_pedido' and c.criada_em <= s.dita_em end
$$;

-- Claimed while a pause stood that covers it, or while a person had the conversation and nobody had
-- decided that it goes.
create function private.proof_after_stop(p_de timestamptz, p_ate timestamptz)
returns setof uuid
language sql stable set search_path = ''
as $$
  select c.claim_id from private.claims_between(p_de, p_ate) c
   where (c.regra).pausa and exists (
     select from public.julia_status s
      where s.status <> 'ativo' and s.created_at < c.claimed_at
        and coalesce(s.ate, 'infinity') > c.claimed_at
        -- By what was known at the claim; of whom nothing is known, a pause of everything covers.
        and coalesce(c.alvo, '{}') @> s.escopo
        -- Ended as the trigger of julia_status ends it.
        and not exists (
          select from public.julia_status a
           where a.id > s.id and a.created_at < c.claimed_at
             and case when a.encerra is not null then s.id = any (a.encerra)
                      else a.status = 'ativo' and s.escopo @> a.escopo end))
  union
  select c.claim_id from private.claims_between(p_de, p_ate) c
    join public.handoffs h on h.conversa_id = c.conversa_id
     and h.created_at < c.claimed_at and coalesce(h.resolvido_em, 'infinity') > c.claimed_at
   where (c.regra).controle = 'ai' and not exists (
     select from public.decisoes_envio d
      where d.fila_id = c.fila_id and d.decisao = 'liberar' and d.created_at < c.claimed_at)
$$;

-- Claimed of our own accord at night, at a weekend or on a holiday.
create function private.proof_hours(p_de timestamptz, p_ate timestamptz)
returns setof uuid
language sql stable set search_path = ''
as $$
  select c.claim_id from private.claims_between(p_de, p_ate) c,
         lateral (select c.claimed_at at time zone 'America/Sao_Paulo' as local) l
   where (c.regra).horario
     and (extract(isodow from l.local) > 5
          or l.local::time < time '08:00' or l.local::time >= time '20:00'
          or exists (select from public.feriados d where d.dia = l.local::date))
$$;

-- More than a ceiling allows in the hour, the day or the week that ends with a claim. What a person
-- reset counts from the reset on.
create function private.proof_ceilings(
  p_de timestamptz, p_ate timestamptz, p_max_hora bigint, p_max_dia bigint)
returns setof uuid
language sql stable set search_path = ''
as $$
  select c.claim_id from private.claims_between(p_de, p_ate) c,
    lateral (select
      greatest(c.claimed_at - interval '1 hour', (
        select max(created_at) from public.tetos_reinicios
         where janela = 'hora' and created_at <= c.claimed_at)) as hora,
      greatest(c.claimed_at - interval '1 day', (
        select max(created_at) from public.tetos_reinicios
         where janela = 'dia' and created_at <= c.claimed_at)) as dia) since,
    lateral (
      select count(*) filter (where claimed_at > since.hora) as hora,
             count(*) filter (where claimed_at > since.dia) as dia,
             count(*) filter (where kind = c.kind
                              and claimed_at > c.claimed_at - interval '1 hour') as tipo_hora
        from public.envios e
       where e.instance = c.instance and e.conta
         and e.claimed_at > c.claimed_at - interval '1 day' and e.claimed_at <= c.claimed_at
    ) numero,
    lateral (
      -- What we write of our own accord, of all kinds that are counted so.
      select count(k.max_hora_medico) filter (
               where claimed_at > c.claimed_at - interval '1 hour') as hora,
             count(k.max_semana_medico) as semana
        from public.envios e join public.regras_envio k on k.kind = e.kind
       where e.medico_id = c.medico_id and e.conta
         and e.claimed_at > c.claimed_at - interval '7 days' and e.claimed_at <= c.claimed_at
    ) medico
   where c.conta and (c.regra).teto
     and (numero.hora > p_max_hora or numero.dia > p_max_dia
          or numero.tipo_hora > (c.regra).max_hora_numero
          or medico.hora > (c.regra).max_hora_medico
          or medico.semana > (c.regra).max_semana_medico)
$$;

-- Parts that reached WhatsApp under two ids.
create function private.proof_sent_twice(p_de timestamptz, p_ate timestamptz)
returns setof uuid
language sql stable set search_path = ''
as $$
  select distinct c.fila_id from private.claims_between(p_de, p_ate) c
   where (c.regra).postado
     and ((select count(*) from public.sent_ids s where s.fila_id = c.fila_id) > 1
          or (select count(*) from public.envios e
               where e.fila_id = c.fila_id and e.status = 'enviado') > 1)
$$;

-- Parts that left after a later part of their turn.
create function private.proof_order(p_de timestamptz, p_ate timestamptz)
returns setof uuid
language sql stable set search_path = ''
as $$
  select distinct f.id from private.claims_between(p_de, p_ate) c
    join public.fila_mensagens f on f.id = c.fila_id and f.status = 'enviada'
    join public.fila_mensagens later
      on later.conversa_id = f.conversa_id and later.turn_seq = f.turn_seq
     and later.part > f.part and later.status = 'enviada'
    join public.envios e on e.claim_id = f.claim_id
    join public.envios l on l.claim_id = later.claim_id and l.claimed_at < e.claimed_at
$$;

-- Shifts that two doctors have, or that overlap another shift of their doctor.
create function private.proof_booked_twice(p_de timestamptz, p_ate timestamptz)
returns setof uuid
language sql stable set search_path = ''
as $$
  select r.id from public.reservas r
    join public.reservas o on o.vaga_id = r.vaga_id and o.id <> r.id
     and o.status in ('segurada', 'confirmada')
   where r.created_at >= p_de and r.created_at < p_ate and r.status in ('segurada', 'confirmada')
$$;

create function private.proof_overlaps(p_de timestamptz, p_ate timestamptz)
returns setof uuid
language sql stable set search_path = ''
as $$
  select r.id from public.reservas r
    join public.reservas o on o.medico_id = r.medico_id and o.id <> r.id
     and o.status in ('segurada', 'confirmada') and o.ocupacao && r.ocupacao
   where r.created_at >= p_de and r.created_at < p_ate and r.status in ('segurada', 'confirmada')
$$;

-- Messages of doctors that stand twice, or count as answered without a turn of their conversation
-- that ended after they came.
create function private.proof_turns(p_de timestamptz, p_ate timestamptz)
returns setof bigint
language sql stable set search_path = ''
as $$
  select i.id from public.interacoes i
    left join public.turnos t on t.id = i.turno_id
   where i.received_at >= p_de and i.received_at < p_ate and i.tipo = 'entrada'
     and (i.situacao = 'respondida' and (t.id is null or t.turn_seq is null
                                         or t.committed_at < i.received_at)
          or exists (select from public.inbox_keys k
                      where k.instance = i.instance and k.key_id = i.key_id
                        and k.interacao_id <> i.id))
$$;

create function private.proof_json(p_ids anyarray) returns jsonb
language sql immutable set search_path = ''
as $$
  select jsonb_build_object('violacoes', coalesce(cardinality(p_ids), 0),
                            'exemplos', to_jsonb(coalesce(p_ids[1:5], '{}')))
$$;

-- Without jit: it takes seconds to compile what then runs for milliseconds.
create function api.nightly_proofs(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms' set jit = off
as $$
declare
  de timestamptz := private.need_time(p, 'de');
  ate timestamptz := private.need_time(p, 'ate');
  max_hora bigint := private.need_int(p, 'max_hora');
  max_dia bigint := private.need_int(p, 'max_dia');
begin
  return jsonb_build_object(
    'envio_apos_optout', private.proof_json(array(select private.proof_after_opt_out(de, ate))),
    'envio_apos_parada', private.proof_json(array(select private.proof_after_stop(de, ate))),
    'fora_de_horario', private.proof_json(array(select private.proof_hours(de, ate))),
    'acima_do_teto', private.proof_json(array(
      select private.proof_ceilings(de, ate, max_hora, max_dia))),
    'enviada_duas_vezes', private.proof_json(array(select private.proof_sent_twice(de, ate))),
    'fora_de_ordem', private.proof_json(array(select private.proof_order(de, ate))),
    'reserva_dupla', private.proof_json(array(select private.proof_booked_twice(de, ate))),
    'plantoes_sobrepostos', private.proof_json(array(select private.proof_overlaps(de, ate))),
    'turnos_por_mensagem', private.proof_json(array(select private.proof_turns(de, ate))));
end $$;

-- What each night's proofs found.
create table public.provas (
  ate timestamptz primary key,
  de timestamptz not null,
  total integer not null,
  resultado jsonb not null,
  created_at timestamptz not null default api.agora()
);
alter table public.provas enable row level security;
alter table public.paradas_contato enable row level security;
revoke all on public.provas, public.paradas_contato from anon, authenticated, service_role;
revoke all on all sequences in schema public from anon, authenticated, service_role;

-- Keeps what was found, once for each night, and tells managers of violations.
create function api.record_proofs(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_ate timestamptz := private.need_time(p, 'ate');
  v_found jsonb := coalesce(nullif(p -> 'resultado', 'null'), '{}');
  v_total bigint := (select coalesce(sum((value ->> 'violacoes')::bigint), 0) from jsonb_each(v_found));
begin
  insert into public.provas (ate, de, total, resultado)
  values (v_ate, private.need_time(p, 'de'), v_total, v_found) on conflict do nothing;
  if not found then
    return jsonb_build_object('status', 'ja_registradas');
  end if;
  if v_total > 0 then
    perform private.notify_managers('prova_falhou', null, md5('provas ' || v_ate)::uuid,
      jsonb_build_object('de', p -> 'de', 'ate', p -> 'ate', 'violacoes', (
        select jsonb_object_agg(key, (value -> 'violacoes')) from jsonb_each(v_found)
         where value -> 'violacoes' <> '0')));
  end if;
  return jsonb_build_object('status', 'registradas');
end $$;

-- The last night's proofs, for gauges.
create function api.last_proofs(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
  select coalesce(
    (select jsonb_build_object('ate', ate, 'violacoes', (
              select jsonb_object_agg(key, value -> 'violacoes') from jsonb_each(resultado)))
       from public.provas order by provas.ate desc limit 1),
    '{"ate": null, "violacoes": {}}')
$$;
