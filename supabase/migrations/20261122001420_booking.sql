-- Booking: finding shifts, holding one inside a turn, confirming it with the commit, giving it back,
-- and offering what was given back. Locks: conversation -> shifts in id order -> the doctor's agenda.

-- How a shift is told to services: what a doctor may know of it, and no bounds of negotiation.
create function private.hospital_json(h public.hospitais) returns jsonb
language sql stable set search_path = ''
as $$ select jsonb_build_object('id', h.id, 'nome', h.nome, 'endereco', h.endereco_formatado,
                                'cidade', h.cidade, 'estado', h.estado) $$;

-- By whole days left in São Paulo.
create function private.urgency(p_data date) returns text
language sql volatile set search_path = ''
as $$
  select case when d <= 3 then 'critica' when d <= 7 then 'urgente' when d <= 15 then 'alta'
              else 'normal' end
    from (select p_data - (api.agora() at time zone 'America/Sao_Paulo')::date as d) x
$$;

create function private.shift_json(v public.vagas) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'id', v.id, 'hospital', private.hospital_json(h), 'especialidade', e.nome,
      'setor', (select nome from public.setores where id = v.setor_id),
      'periodo', (select nome from public.periodos where id = v.periodo_id),
      'tipo', (select nome from public.tipos_vaga where id = v.tipos_vaga_id),
      'forma_recebimento',
        (select nome from public.formas_recebimento where id = v.forma_recebimento_id),
      'data', v.data, 'inicio', v.inicio, 'fim', v.fim, 'valor_tipo', v.valor_tipo,
      'valor_centavos', v.valor_centavos,
      'valor_minimo_centavos', case v.valor_tipo when 'faixa' then v.valor_minimo_centavos end,
      'valor_maximo_centavos', case v.valor_tipo when 'faixa' then v.valor_maximo_centavos end,
      'urgencia', private.urgency(v.data), 'status', v.status)
      from public.hospitais h, public.especialidades e
     where h.id = v.hospital_id and e.id = v.especialidade_id);
end $$;

-- Names without the words that every hospital has, so that "hospital x" is not like all of them.
create function private.hospital_key(p_nome text) returns text
language sql immutable set search_path = ''
as $$
  select coalesce(nullif(btrim(regexp_replace(private.plain(p_nome),
      '\m(hospital|hosp|clinica|maternidade|pronto|socorro|de|da|do|das|dos|no|na|e|o|a)\M\.?\s*',
      '', 'g')), ''), private.plain(p_nome))
$$;

create function private.likeness(p_name text, p_asked text) returns real
language sql immutable set search_path = ''
as $$
  select case when p_name = p_asked then 1
              else greatest(extensions.similarity(p_name, p_asked),
                            extensions.word_similarity(p_asked, p_name) * 0.95) end::real
$$;

-- The hospitals whose name or alias is like what was asked for, the likest first.
create function private.find_hospitals(p_asked text)
returns table (hospital_id uuid, likeness real)
language sql stable set search_path = ''
as $$
  with named as (
    select id, nome from public.hospitais
    union all
    select hospital_id, alias from public.hospitais_alias
  ), likest as (
    select id, max(private.likeness(private.hospital_key(nome), private.hospital_key(p_asked))) as n
      from named group by id
  )
  select id, n from likest
   where n >= 0.5 and n >= (select max(n) from likest) - 0.25
   order by n desc, id
$$;

create function private.find_specialty(p_asked text) returns smallint
language sql stable set search_path = ''
as $$
  select id from (
    select id, nome from public.especialidades
    union all
    select especialidade_id, alias from public.especialidades_alias) named
   where private.likeness(private.plain(nome), private.plain(btrim(p_asked))) >= 0.5
   order by private.likeness(private.plain(nome), private.plain(btrim(p_asked))) desc, id limit 1
$$;

create function private.is_in_region(h public.hospitais, p_asked text) returns boolean
language sql immutable set search_path = ''
as $$
  select coalesce(
    h.estado = upper(btrim(p_asked))
    or extensions.similarity(private.plain(h.cidade), private.plain(p_asked)) >= 0.5
    or extensions.word_similarity(private.plain(h.cidade), private.plain(p_asked)) >= 0.75
    -- A neighbourhood; two letters are a state and are in many words.
    or length(p_asked) >= 4
       and position(private.plain(p_asked) in private.plain(h.endereco_formatado)) > 0, false)
$$;

-- By the hours themselves: `24h` is neither day nor night.
create function private.is_of_period(v public.vagas, p_periodo text) returns boolean
language sql immutable set search_path = ''
as $$
  select case p_periodo
    when '12h' then v.fim - v.inicio = interval '12 hours'
    when '24h' then v.fim - v.inicio = interval '24 hours'
    else v.fim - v.inicio < interval '24 hours'
         and (v.hora_inicio >= '05:00' and v.hora_inicio < '17:00') = (p_periodo = 'diurno') end
$$;

-- A hold that nobody named in time is none, whether or not the job has been round.
create function private.is_live(r public.reservas, p_now timestamptz) returns boolean
language sql immutable
as $$ select r.status = 'confirmada' or r.status = 'segurada' and r.expira_em > p_now $$;

create function private.occupation(v public.vagas) returns tstzrange
language sql stable set search_path = ''
as $$ select tstzrange(v.inicio, v.fim + private.rest()) $$;

-- Whether this doctor could book the shift now, as far as the agenda goes.
create function private.fits_agenda(v public.vagas, p_medico uuid, p_now timestamptz)
returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return not exists (
    select from public.reservas r
     where r.medico_id = p_medico and r.vaga_id <> v.id and r.status in ('segurada', 'confirmada')
       and r.ocupacao && private.occupation(v) and private.is_live(r, p_now));
end $$;

-- Whether the shift is open and nobody has it, this doctor aside.
create function private.is_free(v public.vagas, p_medico uuid, p_now timestamptz) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return private.is_open(v.status) and v.inicio > p_now and not exists (
    select from public.reservas r
     where r.vaga_id = v.id and r.status in ('segurada', 'confirmada')
       and r.medico_id is distinct from p_medico and private.is_live(r, p_now));
end $$;

-- Open shifts that may be shown to this doctor.
create function private.shifts_for(p_medico uuid, p_now timestamptz) returns setof public.vagas
language plpgsql stable set search_path = ''
as $$
declare
  v_rest interval := private.rest();
begin
  -- The same rules as is_free and fits_agenda, for all at once.
  return query
    select v.* from public.vagas v
     where private.is_open(v.status) and v.inicio > p_now
       and not exists (
         select from public.reservas r
          where r.vaga_id = v.id and r.status in ('segurada', 'confirmada')
            and private.is_live(r, p_now))
       and not exists (
         select from public.reservas r
          where r.medico_id = p_medico and r.status in ('segurada', 'confirmada')
            and r.ocupacao && tstzrange(v.inicio, v.fim + v_rest) and private.is_live(r, p_now))
       and not exists (select from public.recusas_vagas q
                        where q.vaga_id = v.id and q.medico_id = p_medico);
end $$;

-- What managers push comes first, then the soonest, which is the most urgent.
create function private.is_pushed(p_vaga uuid, p_now timestamptz) returns boolean
language sql stable set search_path = ''
as $$ select exists (select from public.diretrizes
                      where tipo = 'vaga_prioritaria' and vaga_id = p_vaga
                        and coalesce(expira_em > p_now, true)) $$;

create function api.search_shifts(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_now timestamptz := api.agora();
  v_limit bigint := least(greatest(coalesce((p ->> 'limite')::bigint, 5), 1), 10);
  v_asked text := nullif(btrim(p ->> 'especialidade'), '');
  v_region text := nullif(btrim(p ->> 'regiao'), '');
  v_hospital text := nullif(btrim(p ->> 'hospital'), '');
  v_period text := nullif(p ->> 'periodo', '');
  v_value bigint := (p ->> 'valor_minimo_centavos')::bigint;
  v_days integer[] := array(select jsonb_array_elements_text(
                              coalesce(nullif(p -> 'dias_semana', 'null'), '[]'))::integer);
  v_hospitals uuid[];
  v_specialty smallint;
  m public.medicos;
  v_found jsonb;
  v_total bigint;
begin
  select d.* into m from public.conversations c join public.medicos d on d.id = c.medico_id
   where c.id = private.need_uuid(p, 'conversa_id');
  if not found then
    raise exception 'conversation % does not exist', p ->> 'conversa_id'
      using errcode = 'P0002', hint = 'It may belong to another database, or have been erased.';
  end if;
  if v_period is not null then
    v_period := private.need_word(p, 'periodo', 'diurno', 'noturno', '12h', '24h');
  end if;
  v_specialty := case when v_asked is null then m.especialidade_id
                      else private.find_specialty(v_asked) end;
  v_hospitals := array(select hospital_id from private.find_hospitals(v_hospital));

  select coalesce(jsonb_agg(private.shift_json(x.v) order by x.n)
                    filter (where x.n <= v_limit), '[]'), count(*)
    into v_found, v_total
    from (
      select v,
             row_number() over (order by private.is_pushed(v.id, v_now) desc, v.inicio, v.id) as n
        from private.shifts_for(m.id, v_now) v join public.hospitais h on h.id = v.hospital_id
       where (v_asked is null and v_specialty is null or v.especialidade_id = v_specialty)
         and (v_hospital is null or v.hospital_id = any (v_hospitals))
         and (v_region is null or private.is_in_region(h, v_region))
         and (v_period is null or private.is_of_period(v, v_period))
         -- What is open to negotiation may reach any amount.
         and (v_value is null or v.valor_tipo = 'a_combinar'
              or coalesce(v.valor_centavos, v.valor_maximo_centavos) >= v_value)
         and (v_days = '{}' or extract(isodow from v.data)::integer - 1 = any (v_days))
         and v.data >= coalesce((p ->> 'de')::date, v.data)
         and v.data <= coalesce((p ->> 'ate')::date, v.data)) x;
  return jsonb_build_object('vagas', v_found, 'total', v_total, 'especialidade',
    (select nome from public.especialidades where id = v_specialty));
end $$;

create function api.hospital_info(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
begin
  return jsonb_build_object('hospitais', coalesce((
    select jsonb_agg(private.hospital_json(h) order by f.likeness desc, h.nome)
      from (select * from private.find_hospitals(private.need_text(p, 'nome')) limit 3) f
      join public.hospitais h on h.id = f.hospital_id), '[]'));
end $$;

-- One doctor's bookings change one at a time: two that overlap would wait for each other inside the
-- exclusion constraint. Taken after the shifts.
create function private.lock_agenda(p_medico uuid) returns void
language sql volatile set search_path = ''
as $$ select pg_advisory_xact_lock(hashtextextended('agenda:' || p_medico::text, 0)) $$;

-- The turn has ended, or begins anew: what it held and did not confirm is free. The caller holds the
-- conversation's lock.
-- Those of a draft that waits for a person's word stay until that has come, or lapsed.
create function private.free_holds(p_conversa uuid) returns void
language plpgsql set search_path = ''
as $$
begin
  update public.reservas r set status = 'liberada', updated_at = api.agora()
   where conversa_id = p_conversa and status = 'segurada'
     and not exists (select from public.rascunhos_copiloto d
                      where d.conversa_id = p_conversa and d.status = 'esperando'
                        and r.id = any (d.reservas));
end $$;

create function private.conversations_free_holds() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.free_holds(new.id);
  return null;
end $$;

-- Takeover, opt-out, closing, merge, release, commit, or another process: whoever ends the lease.
create trigger conversations_free_holds after update on public.conversations
for each row when (old.control_epoch <> new.control_epoch
                   or old.lease_turno_id is distinct from new.lease_turno_id)
execute function private.conversations_free_holds();

-- The price of a hold: what the shift says, or what was agreed on within its bounds. Null is no
-- price yet; an answer of -1 means that it is out of bounds.
create function private.price(v public.vagas, p_agreed bigint) returns bigint
language sql immutable set search_path = ''
as $$
  select case
    when p_agreed is null then v.valor_centavos
    when p_agreed = v.valor_centavos then p_agreed
    when p_agreed between coalesce(v.valor_minimo_centavos, v.valor_centavos)
                      and coalesce(v.valor_maximo_centavos, v.valor_centavos) then p_agreed
    else -1 end
$$;

-- Others of the same specialty that the doctor could have instead, the nearest in time first.
create function private.alternatives(v public.vagas, p_medico uuid, p_now timestamptz) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(private.shift_json(x.o) order by x.near, (x.o).inicio), '[]') from (
    select o, abs(extract(epoch from o.inicio - v.inicio)) as near
      from private.shifts_for(p_medico, p_now) o
     where o.especialidade_id = v.especialidade_id and o.id <> v.id
     order by near, o.inicio limit 3) x
$$;

create function api.hold_shift(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_token uuid := private.need_uuid(p, 'token');
  v_turno uuid := private.need_uuid(p, 'turno_id');
  v_epoch bigint := private.need_int(p, 'control_epoch');
  v_vaga uuid := private.need_uuid(p, 'vaga_id');
  v_agreed bigint := (p ->> 'valor_centavos')::bigint;
  c public.conversations;
  v public.vagas;
  r public.reservas;
  v_other public.reservas;
  v_price bigint;
  v_now timestamptz;
begin
  perform private.lock_status_shared();
  c := private.lock_conversation(private.need_uuid(p, 'conversa_id'));
  if c.lease_token is distinct from v_token or c.lease_turno_id is distinct from v_turno
     or c.control_epoch <> v_epoch or c.controlled_by <> 'ai'
     or private.is_silenced(c.medico_id) then
    return '{"status": "perdido"}';
  end if;
  if private.paused_for(c.medico_id, c.instance) then
    return '{"status": "pausa"}';
  end if;
  perform 1 from public.vagas where id = v_vaga for no key update;
  if not found then
    return '{"status": "inexistente"}';
  end if;
  perform private.lock_agenda(c.medico_id);
  select * into v from public.vagas where id = v_vaga;
  v_now := api.agora();

  select * into r from public.reservas
   where vaga_id = v.id and medico_id = c.medico_id and status in ('segurada', 'confirmada');
  if r.status = 'confirmada' then
    return jsonb_build_object('status', 'ja_sua', 'reserva_id', r.id,
                              'vaga', private.shift_json(v));
  end if;
  if v.inicio <= v_now or v.status in ('cancelada', 'realizada', 'fechada') then
    return private.hold_refused('encerrada', v, c.medico_id, v_now);
  end if;
  if not private.is_free(v, c.medico_id, v_now) then
    return private.hold_refused('preenchida', v, c.medico_id, v_now);
  end if;
  select * into v_other from public.reservas o
   where o.medico_id = c.medico_id and o.vaga_id <> v.id and o.status in ('segurada', 'confirmada')
     and o.ocupacao && private.occupation(v) and private.is_live(o, v_now)
   order by o.status, o.ocupacao limit 1;
  if found then
    return private.hold_refused('conflito', v, c.medico_id, v_now) || jsonb_build_object(
      'conflito_com', (select private.shift_json(x) from public.vagas x where x.id = v_other.vaga_id));
  end if;
  v_price := private.price(v, v_agreed);
  if v_price < 0 then
    return jsonb_build_object('status', 'valor_recusado', 'vaga', private.shift_json(v));
  end if;

  if r.conversa_id = c.id and r.turno_id = v_turno then
    -- The same again: ours from now, at the price of now.
    update public.reservas
       set expira_em = v_now + private.hold_time(), valor_centavos = v_price, updated_at = v_now
     where id = r.id returning * into r;
  else
    -- Who needs the shift or the doctor's time frees what has run out; and a hold of the doctor's own
    -- from elsewhere gives way.
    update public.reservas
       set status = case when expira_em > v_now then 'liberada' else 'expirada' end, updated_at = v_now
     where status = 'segurada'
       and (vaga_id = v.id or medico_id = c.medico_id and ocupacao && private.occupation(v));
    begin
      insert into public.reservas
        (vaga_id, medico_id, conversa_id, turno_id, valor_centavos, status, expira_em, ocupacao)
      values (v.id, c.medico_id, c.id, v_turno, v_price, 'segurada', v_now + private.hold_time(),
              private.occupation(v))
      returning * into r;
    exception
      -- Somebody wrote to the table past the locks.
      when unique_violation then
        return private.hold_refused('preenchida', v, c.medico_id, v_now);
      when exclusion_violation then
        return private.hold_refused('conflito', v, c.medico_id, v_now);
    end;
  end if;
  return jsonb_build_object('status', 'segurada', 'reserva_id', r.id, 'expira_em', r.expira_em,
                            'vaga', private.shift_json(v));
end $$;

create function private.hold_time() returns interval
language sql immutable
as $$ select interval '5 minutes' $$;

create function private.hold_refused(
  p_status text, v public.vagas, p_medico uuid, p_now timestamptz)
returns jsonb
language sql stable set search_path = ''
as $$ select jsonb_build_object('status', p_status, 'vaga', private.shift_json(v),
                                'alternativas', private.alternatives(v, p_medico, p_now)) $$;

-- What the doctor has still before them, the next first.
create function private.bookings(p_medico uuid) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
      'reserva_id', r.id, 'vaga', private.shift_json(v), 'valor_centavos', r.valor_centavos)
      order by v.inicio, r.id), '[]')
    from public.reservas r join public.vagas v on v.id = r.vaga_id
   where r.medico_id = p_medico and r.status = 'confirmada' and v.fim > api.agora()
$$;

create function private.uuid_list(p jsonb, field text) returns uuid[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(select jsonb_array_elements_text(coalesce(nullif(p -> field, 'null'), '[]'))::uuid);
exception when invalid_text_representation or invalid_parameter_value then
  perform private.argument_missing(field, 'list of uuids');
end $$;

create function private.cancelled_bookings(p_effects jsonb) returns uuid[]
language plpgsql immutable set search_path = ''
as $$
begin
  return array(select (x ->> 'reserva_id')::uuid
                 from jsonb_array_elements(coalesce(p_effects -> 'cancelamentos', '[]')) x);
exception when invalid_text_representation or invalid_parameter_value then
  perform private.argument_missing('cancelamentos', 'list of {reserva_id: uuid, motivo}');
end $$;

-- Locks every conversation of the contact, in id order, and the contact.
create function private.lock_contact_of(p_conversa uuid) returns void
language plpgsql set search_path = ''
as $$
begin
  perform private.lock_contacts(array(
    select medico_id from public.conversations where id = p_conversa));
end $$;

-- Locks the shifts of these bookings, in id order, then the doctor's agenda.
create function private.lock_bookings(p_reservas uuid[], p_medico uuid) returns void
language plpgsql set search_path = ''
as $$
begin
  if p_reservas <> '{}' then
    perform 1 from public.vagas
      where id in (select vaga_id from public.reservas where id = any (p_reservas))
      order by id for no key update;
    perform private.lock_agenda(p_medico);
  end if;
end $$;

-- Whether every hold is still this turn's. The caller holds the locks.
create function private.holds_stand(c public.conversations, p_holds uuid[]) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return not exists (
    select from unnest(p_holds) h (id)
      left join public.reservas r on r.id = h.id and r.medico_id = c.medico_id
       and (r.status = 'confirmada'
            or r.status = 'segurada' and r.conversa_id = c.id and r.turno_id = c.lease_turno_id)
     where r.id is null);
end $$;

-- Whether what the tools did still fits: bookings to give back are still there and not begun, shifts
-- to wait for still to come.
create function private.effects_fit(c public.conversations, p_effects jsonb, p_now timestamptz)
returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return not exists (
    select from unnest(private.cancelled_bookings(p_effects)) x (id)
     where not exists (
       select from public.reservas r join public.vagas v on v.id = r.vaga_id
        where r.id = x.id and r.medico_id = c.medico_id
          and r.status = 'confirmada' and v.inicio > p_now))
  and not exists (
    select from unnest(private.uuid_list(p_effects, 'lista_espera')) x (id)
     where not exists (
       select from public.vagas v
        where v.id = x.id and v.inicio > p_now
          and v.status not in ('cancelada', 'realizada', 'fechada')));
end $$;

create function private.confirm_holds(c public.conversations, p_holds uuid[]) returns void
language plpgsql set search_path = ''
as $$
declare
  r public.reservas;
begin
  for r in
    update public.reservas set status = 'confirmada', expira_em = null, updated_at = api.agora()
     where id = any (p_holds) and status = 'segurada' returning *
  loop
    update public.vagas set status = 'reservada', medico_id = r.medico_id where id = r.vaga_id;
    perform private.notify_managers('reserva', c, r.id, jsonb_build_object(
      'vaga_id', r.vaga_id, 'valor_centavos', r.valor_centavos));
  end loop;
end $$;

-- The doctor gives bookings back: the shifts are open again and offered to who waits.
create function private.cancel_bookings(c public.conversations, p_cancelamentos jsonb) returns void
language plpgsql set search_path = ''
as $$
declare
  r public.reservas;
begin
  for r in
    update public.reservas b
       set status = 'cancelada', motivo = x ->> 'motivo', updated_at = api.agora()
      from jsonb_array_elements(coalesce(p_cancelamentos, '[]')) x
     where b.id = (x ->> 'reserva_id')::uuid and b.status = 'confirmada'
    returning b.*
  loop
    perform private.notify_managers('cancelamento', c, r.id, jsonb_build_object(
      'vaga_id', r.vaga_id, 'por', 'medico', 'motivo', r.motivo));
  end loop;
end $$;

create function private.join_waiting_list(c public.conversations, p_vagas uuid[]) returns void
language sql volatile set search_path = ''
as $$
  insert into public.lista_espera (vaga_id, medico_id, conversa_id)
  select distinct v, c.medico_id, c.id from unnest(p_vagas) v
  on conflict (vaga_id, medico_id) do update
     set status = 'esperando', conversa_id = excluded.conversa_id, oferecida_em = null,
         created_at = case when lista_espera.status = 'esperando' then lista_espera.created_at
                           else excluded.created_at end,
         pedida_em = excluded.pedida_em
$$;

-- What the tools of a committed turn did. The caller holds the locks and has seen that it fits.
create function private.apply_effects(c public.conversations, p_turno uuid, p_effects jsonb)
returns void
language plpgsql set search_path = ''
as $$
begin
  perform private.cancel_bookings(c, p_effects -> 'cancelamentos');
  perform private.note_facts(c, p_turno, p_effects -> 'fatos');
  perform private.remember(c, p_turno, p_effects -> 'memorias');
  -- After what was noted along with it: see restricted_since.
  perform private.join_waiting_list(c, private.uuid_list(p_effects, 'lista_espera'));
  perform private.remind(c, p_turno, p_effects -> 'lembretes');
  if jsonb_typeof(p_effects -> 'opt_out') = 'object' then
    perform private.opt_out_scoped(c, p_turno, p_effects -> 'opt_out');
    update public.lista_espera set status = 'recusada'
     where medico_id = c.medico_id and status in ('esperando', 'oferecida')
       and (vaga_id::text = p_effects -> 'opt_out' ->> 'vaga_id'
            or p_effects -> 'opt_out' -> 'outras_vagas' ? vaga_id::text)
       and p_effects -> 'opt_out' ->> 'escopo' = 'vaga';
  end if;
end $$;

-- What a doctor agrees to by taking the shift. Bounds of negotiation are no part of it.
create function private.terms(v public.vagas) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return jsonb_build_object(
    'hospital', (select nome from public.hospitais where id = v.hospital_id),
    'hospital_id', v.hospital_id,
    'setor', (select nome from public.setores where id = v.setor_id),
    'data', v.data, 'hora_inicio', v.hora_inicio, 'hora_fim', v.hora_fim,
    'valor_tipo', v.valor_tipo, 'valor_centavos', v.valor_centavos,
    'valor_minimo_centavos', case v.valor_tipo when 'faixa' then v.valor_minimo_centavos end,
    'valor_maximo_centavos', case v.valor_tipo when 'faixa' then v.valor_maximo_centavos end);
end $$;

-- The terms of those of these bookings that stand.
create function private.terms_of(p_reservas uuid[]) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_object_agg(r.id, private.terms(v)), '{}')
    from public.reservas r join public.vagas v on v.id = r.vaga_id
   where r.id = any (p_reservas) and r.status = 'confirmada'
$$;

-- What a reminder written now may speak of as booked.
create function private.bookings_to_speak_of(p_medico uuid) returns jsonb
language sql stable set search_path = ''
as $$
  select private.terms_of(array(
    select id from public.reservas
     where medico_id = p_medico and status = 'confirmada' and upper(ocupacao) > api.agora()))
$$;

-- The reminder as it may go: if a booking that stood when it was written has ended or has other terms,
-- the neutral text, whatever its own words. To look for hospitals and dates in them would miss "seu
-- plantão de amanhã", and not to send it would break a promise: the doctor asked to be called then.
-- It is asked at the claim, of what is committed, so that no way of ending a booking can be forgotten
-- and nobody who holds a shift needs the outbox of a conversation. The caller holds the conversation.
create function private.keep_reminder_true(f public.fila_mensagens) returns public.fila_mensagens
language plpgsql set search_path = ''
as $$
declare
  v_said jsonb := f.metadata -> 'reservas';
begin
  if v_said <> private.terms_of(array(select jsonb_object_keys(v_said)::uuid)) then
    update public.fila_mensagens
       set conteudo = (select conteudo from public.mensagens_padrao where chave = 'lembrete_neutro'),
           metadata = metadata - 'reservas' || jsonb_build_object('texto_anterior', f.conteudo)
     where id = f.id returning * into f;
  end if;
  return f;
end $$;

-- The conversation in which a doctor would be told of a booking: its own, else the latest.
create function private.conversation_of(p_medico uuid, p_conversa uuid) returns public.conversations
language sql stable set search_path = ''
as $$
  select * from public.conversations where medico_id = p_medico
   order by id = p_conversa desc nulls last, created_at desc limit 1
$$;

-- Ends what the shift's row does not allow any more: bookings of anybody but its doctor, and holds
-- of a shift that is not open, or not on these terms any more.
create function private.end_bookings(v public.vagas, p_changed boolean) returns void
language plpgsql set search_path = ''
as $$
declare
  r public.reservas;
  c public.conversations;
begin
  update public.reservas set status = 'liberada', updated_at = api.agora()
   where vaga_id = v.id and status = 'segurada'
     and (p_changed or not private.is_open(v.status) and medico_id is distinct from v.medico_id);
  for r in
    update public.reservas
       set status = 'cancelada', motivo = 'alterado por um gestor', updated_at = api.agora()
     where vaga_id = v.id and status = 'confirmada' and medico_id is distinct from v.medico_id
    returning *
  loop
    continue when v.fim <= api.agora();
    -- Somebody must tell the doctor.
    c := private.conversation_of(r.medico_id, r.conversa_id);
    if c.id is not null then
      perform private.notify_managers('cancelamento', c, r.id, jsonb_build_object(
        'vaga_id', v.id, 'por', 'gestor', 'motivo', r.motivo));
    end if;
  end loop;
end $$;

-- The doctor who has the shift agreed to other terms, and somebody must say so: one notice for each
-- change, so without a `referencia`. The agreed value stands.
create function private.report_change(o public.vagas, v public.vagas) returns void
language plpgsql set search_path = ''
as $$
declare
  r public.reservas;
  c public.conversations;
begin
  for r in
    select * from public.reservas
     where vaga_id = v.id and status = 'confirmada' and greatest(o.fim, v.fim) > api.agora()
  loop
    c := private.conversation_of(r.medico_id, r.conversa_id);
    if c.id is not null then
      perform private.notify_managers('plantao_alterado', c, null, jsonb_build_object(
        'reserva_id', r.id, 'vaga_id', v.id, 'valor_combinado_centavos', r.valor_centavos,
        'antes', private.terms(o), 'depois', private.terms(v)));
    end if;
  end loop;
end $$;

-- Gives the doctor whom a manager named the booking, and a booking the hours of its shift.
create function private.book_for_manager(v public.vagas, p_moved boolean) returns void
language plpgsql set search_path = ''
as $$
begin
  if p_moved then
    update public.reservas set ocupacao = private.occupation(v), updated_at = api.agora()
     where vaga_id = v.id and status = 'confirmada';
  end if;
  update public.reservas set status = 'confirmada', expira_em = null, updated_at = api.agora()
   where vaga_id = v.id and status = 'segurada' and medico_id = v.medico_id;
  if private.is_taken(v.status) and not exists (
       select from public.reservas where vaga_id = v.id and status = 'confirmada') then
    insert into public.reservas (vaga_id, medico_id, valor_centavos, status, ocupacao)
    values (v.id, v.medico_id, v.valor_centavos, 'confirmada', private.occupation(v));
  end if;
exception when exclusion_violation then
  raise exception 'doctor % already has a shift that overlaps shift % (rest included)',
      v.medico_id, v.id
    using errcode = 'exclusion_violation',
          hint = 'Cancel the other booking first: see reservas of this doctor.';
end $$;

-- Who waited has the shift, or waits in vain. An offer that has not gone out and is not true any more
-- is withdrawn, and who was to get it waits in the same place as before; of one that has gone out, the
-- doctor's "quero" finds the terms of now.
create function private.settle_waiting_list(v public.vagas, p_changed boolean) returns void
language plpgsql set search_path = ''
as $$
begin
  update public.lista_espera
     set status = case when medico_id = v.medico_id then 'aceita' else 'encerrada' end
   where vaga_id = v.id and status in ('esperando', 'oferecida')
     and (medico_id = v.medico_id or v.status in ('cancelada', 'realizada', 'fechada'));
  if p_changed or not private.is_open(v.status) then
    with withdrawn as (
      update public.fila_mensagens
         set status = 'cancelada', outcome = 'SUPERSEDED', reservado = false, next_ring_at = null,
             next_try_at = null
       where medico_id in (select medico_id from public.lista_espera
                            where vaga_id = v.id and oferecida_em is not null)
         and kind = 'oferta' and status = 'pendente' and metadata ->> 'vaga_id' = v.id::text
      returning medico_id
    )
    update public.lista_espera set status = 'esperando', oferecida_em = null
     where vaga_id = v.id and status = 'oferecida'
       and medico_id in (select medico_id from withdrawn);
  end if;
  if p_changed then
    update public.fatos_conversa set dados = private.shift_json(v), updated_at = api.agora()
     where tipo = 'vaga' and chave = v.id::text
       and conversa_id in (
         select c.id from public.lista_espera l join public.conversations c using (medico_id)
          where l.vaga_id = v.id);
  end if;
end $$;

-- Bookings follow what managers write into `vagas`; what the functions above write is in step with
-- them already and changes nothing here.
create function private.vagas_after_write() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_moved boolean := false;
  v_changed boolean := false;
begin
  if tg_op = 'UPDATE' then
    v_moved := (old.inicio, old.fim) is distinct from (new.inicio, new.fim);
    v_changed := private.terms(old) <> private.terms(new);
  end if;
  perform private.lock_agenda(m.id) from (
    select medico_id as id from public.reservas
     where vaga_id = new.id and status in ('segurada', 'confirmada')
    union select new.medico_id where new.medico_id is not null order by 1) m;
  perform private.end_bookings(new, v_changed);
  if v_changed then
    perform private.report_change(old, new);
  end if;
  perform private.book_for_manager(new, v_moved) where new.medico_id is not null;
  perform private.settle_waiting_list(new, v_changed);
  return null;
end $$;

create trigger vagas_after_insert after insert on public.vagas
for each row when (new.medico_id is not null) execute function private.vagas_after_write();

create trigger vagas_after_update after update on public.vagas
for each row execute function private.vagas_after_write();

-- A booking that ends, whoever ends it, opens its shift again.
create function private.reservas_after_end() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.vagas set status = 'aberta'
   where id = new.vaga_id and medico_id = new.medico_id and private.is_taken(status);
  return null;
end $$;

create trigger reservas_after_end after update of status on public.reservas
for each row when (old.status = 'confirmada' and new.status <> 'confirmada')
execute function private.reservas_after_end();

-- Bookings of a contact that goes into another go along, but for those that collide with the other's:
-- they stay as they are, and a person decides. True if there are any. The caller holds both contacts
-- and all their conversations.
create function private.merge_bookings(p_loser uuid, p_winner uuid) returns boolean
language plpgsql set search_path = ''
as $$
declare
  r public.reservas;
begin
  perform 1 from public.vagas
    where id in (select vaga_id from public.reservas
                  where medico_id in (p_loser, p_winner) and status in ('segurada', 'confirmada'))
    order by id for no key update;
  perform private.lock_agenda(m) from unnest(
    array[least(p_loser, p_winner), greatest(p_loser, p_winner)]) m;
  update public.reservas set status = 'liberada', updated_at = api.agora()
   where medico_id in (p_loser, p_winner) and status = 'segurada';
  for r in select * from public.reservas where medico_id = p_loser order by created_at, id loop
    continue when r.status = 'confirmada' and exists (
      select from public.reservas
       where medico_id = p_winner and status = 'confirmada' and ocupacao && r.ocupacao);
    update public.reservas set medico_id = p_winner where id = r.id;
    update public.vagas set medico_id = p_winner where id = r.vaga_id and medico_id = p_loser;
  end loop;
  delete from public.lista_espera l
   where medico_id = p_loser and exists (
     select from public.lista_espera w where w.medico_id = p_winner and w.vaga_id = l.vaga_id);
  update public.lista_espera set medico_id = p_winner where medico_id = p_loser;
  return exists (select from public.reservas
                  where medico_id = p_loser and status = 'confirmada'
                    and upper(ocupacao) > api.agora());
end $$;

-- What a doctor reads of a shift's time: "sábado, 28/11, das 19h às 7h".
create function private.say_hour(p_hour time) returns text
language sql immutable set search_path = ''
as $$ select extract(hour from p_hour)::integer || 'h'
          || case when extract(minute from p_hour) = 0 then ''
                  else to_char(p_hour, 'MI') end $$;

create function private.say_when(v public.vagas) returns text
language sql immutable set search_path = ''
as $$
  select (array['segunda', 'terça', 'quarta', 'quinta', 'sexta', 'sábado', 'domingo'])
           [extract(isodow from v.data)::integer]
      || to_char(v.data, ', DD/MM, ') || 'das ' || private.say_hour(v.hora_inicio)
      || ' às ' || private.say_hour(v.hora_fim)
$$;

create function private.say_money(p_centavos integer) returns text
language sql immutable set search_path = ''
as $$
  select 'R$ ' || translate(to_char(p_centavos / 100, 'FM999,999,999'), ',', '.')
      || case when p_centavos % 100 = 0 then '' else ',' || lpad((p_centavos % 100)::text, 2, '0') end
$$;

create function private.say_value(v public.vagas) returns text
language sql immutable set search_path = ''
as $$
  select case v.valor_tipo
    when 'fixo' then private.say_money(v.valor_centavos)
    when 'faixa' then 'de ' || private.say_money(v.valor_minimo_centavos)
                   || ' a ' || private.say_money(v.valor_maximo_centavos)
    else 'valor a combinar' end
$$;

-- How bookings are named to people.
create function private.bookings_json(p_reservas uuid[]) returns jsonb
language sql stable set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
      'reserva_id', r.id, 'vaga_id', v.id, 'hospital', h.nome, 'quando', private.say_when(v))
      order by v.inicio, r.id), '[]')
    from public.reservas r
    join public.vagas v on v.id = r.vaga_id
    join public.hospitais h on h.id = v.hospital_id
   where r.id = any (p_reservas) and r.status = 'confirmada' and v.fim > api.agora()
$$;

-- Bookings of which the doctor may not have heard: those of turns whose replies wait, and those of
-- `p_turno`, which is committed without one. To be asked before the replies are cancelled.
create function private.untold_bookings(p_conversa uuid, p_turno uuid default null) returns jsonb
language sql stable set search_path = ''
as $$
  select private.bookings_json(array(
    select id from public.reservas
     where conversa_id = p_conversa
       and (turno_id = p_turno or turno_id in (
              select turno_id from public.fila_mensagens
               where conversa_id = p_conversa and kind = 'reply' and status = 'pendente'))))
$$;

-- Where no hand-off names them, a notice for each.
create function private.report_untold(c public.conversations) returns void
language plpgsql set search_path = ''
as $$
begin
  perform private.notify_managers('reserva_nao_avisada', c, (b ->> 'reserva_id')::uuid, b)
     from jsonb_array_elements(private.untold_bookings(c.id)) b;
end $$;

-- Whoever opts out for good still has the shifts; whoever says it, a doctor or a manager by SQL, this
-- comes before the replies of the contact are cancelled.
create function private.medicos_after_opt_out() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  v_bookings jsonb := private.bookings_json(array(
    select id from public.reservas where medico_id = new.id and status = 'confirmada'));
begin
  perform private.report_untold(c) from public.conversations c where c.medico_id = new.id;
  if v_bookings <> '[]' then
    perform private.notify_managers('opt_out_com_reserva', c, null,
                                    jsonb_build_object('reservas', v_bookings))
       from private.conversation_of(new.id, null) c where c.id is not null;
  end if;
  return null;
end $$;

create trigger medicos_after_opt_out after update on public.medicos
for each row when (new.opted_out
                   and (not old.opted_out or old.opted_out_at is distinct from new.opted_out_at))
execute function private.medicos_after_opt_out();

-- Offered to the next who waits; the words in braces are filled in.
insert into public.mensagens_padrao values
  ('oferta',
   'Oi! Abriu o plantão que vc tava esperando: {hospital}, {quando}, {valor}. Quem confirmar primeiro fica com ele. Vc ainda quer?');

-- Puts the offer of a shift at the end of the conversation's order. The caller holds the locks of the
-- conversation and of the shift.
create function private.enqueue_offer(c public.conversations, v public.vagas) returns void
language plpgsql set search_path = ''
as $$
declare
  v_now timestamptz := api.agora();
begin
  perform private.enqueue_proactive(
    gen_random_uuid(), c.id, 'oferta',
    (select replace(replace(replace(conteudo,
              '{hospital}', (select nome from public.hospitais where id = v.hospital_id)),
              '{quando}', private.say_when(v)), '{valor}', private.say_value(v))
       from public.mensagens_padrao where chave = 'oferta'),
    v_now, least(v.inicio, v_now + interval '12 hours'),
    jsonb_build_object('vaga_id', v.id, 'termos', jsonb_strip_nulls(private.terms(v))));
  -- The doctor's "quero" comes in a turn that must know which shift this was.
  insert into public.fatos_conversa (conversa_id, tipo, chave, dados)
  values (c.id, 'vaga', v.id::text, private.shift_json(v))
  on conflict (conversa_id, tipo, chave) do update
     set dados = excluded.dados, updated_at = api.agora();
end $$;

-- Withdrawn unsent, the offer was never made: who was to get it waits in the same place as before. A row
-- of the list that somebody has is not waited for: a change of the shift settles the list itself, and
-- may be waiting for this very offer.
create function private.fila_after_offer() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.lista_espera set status = 'esperando', oferecida_em = null
   where id in (select id from public.lista_espera
                 where medico_id = new.medico_id and vaga_id::text = new.metadata ->> 'vaga_id'
                   and status = 'oferecida' for no key update skip locked);
  return null;
end $$;

create trigger fila_after_offer after update of status on public.fila_mensagens
for each row when (new.kind = 'oferta' and old.status = 'pendente' and new.status = 'cancelada'
                   and new.reenvios = 0)
execute function private.fila_after_offer();

-- Whether the doctor has restrictions that were noted, or said again, since then (null: ever). In which
-- shifts they forbid, only the model can read: what is offered without it is offered to nobody who
-- has any.
create function private.restricted_since(p_medico uuid, p_since timestamptz) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return exists (select from public.doctor_context
                  where medico_id = p_medico and tipo = 'restricao'
                    and updated_at > coalesce(p_since, '-infinity'));
end $$;

-- Whether somebody still has the first word on it.
create function private.was_offered(p_vaga uuid, p_now timestamptz) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return exists (select from public.lista_espera
                  where vaga_id = p_vaga and oferecida_em > p_now - interval '30 minutes');
end $$;

-- Offers a free shift to the first of its waiting list who may be written to and could have it.
-- The conversation that was written to, or null. Locks are not waited for: the job comes again.
create function private.offer_shift(p_vaga uuid) returns public.conversations
language plpgsql set search_path = ''
as $$
declare
  l public.lista_espera;
  c public.conversations;
  m public.medicos;
  v public.vagas;
  v_now timestamptz;
begin
  for l in
    select * from public.lista_espera where vaga_id = p_vaga and status = 'esperando'
     order by created_at, id
  loop
    -- The conversation may have been closed, and another opened, since the doctor asked.
    select id into c.id from public.conversations
     where medico_id = l.medico_id and status in ('active', 'paused', 'escalated')
     order by id = l.conversa_id desc, last_message_at desc nulls last limit 1;
    continue when not found;
    perform 1 from public.conversations where id = c.id for no key update skip locked;
    if not found then
      return null;
    end if;
    perform 1 from public.vagas where id = p_vaga for no key update skip locked;
    if not found then
      return null;
    end if;
    select * into c from public.conversations where id = c.id;
    select * into m from public.medicos where id = c.medico_id;
    select * into v from public.vagas where id = p_vaga;
    v_now := api.agora();
    continue when not private.may_contact(m) or m.id <> l.medico_id
      or private.paused_for(m.id, c.instance)
      or private.is_held_back(m.id, v_now)
      or not private.fits_agenda(v, m.id, v_now)
      or private.restricted_since(m.id, l.pedida_em)
      or exists (select from public.recusas_vagas where vaga_id = v.id and medico_id = m.id);
    -- Another replica may have been faster.
    if not private.is_free(v, m.id, v_now) or private.was_offered(v.id, v_now) then
      return null;
    end if;
    perform private.enqueue_offer(c, v);
    update public.lista_espera set status = 'oferecida', oferecida_em = v_now where id = l.id;
    return c;
  end loop;
  return null;
end $$;

-- Frees holds whose time is up; offers shifts that are free to who waits, each half an hour after the
-- offer before it.
create function api.expire_holds(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_limit bigint := private.need_int(p, 'limit');
  v_now timestamptz := api.agora();
  r record;
  c public.conversations;
  v_freed integer := 0;
  v_offers integer := 0;
  v_rung jsonb := '[]';
begin
  for r in
    select id, vaga_id from public.reservas where status = 'segurada' and expira_em <= v_now
     order by vaga_id limit v_limit
  loop
    perform 1 from public.vagas where id = r.vaga_id for no key update skip locked;
    continue when not found;
    perform 1 from public.reservas where id = r.id for no key update skip locked;
    continue when not found;
    update public.reservas set status = 'expirada', updated_at = v_now
     where id = r.id and status = 'segurada' and expira_em <= v_now;
    v_freed := v_freed + found::integer;
  end loop;

  update public.lista_espera l set status = 'encerrada'
    from public.vagas v
   where v.id = l.vaga_id and v.inicio <= v_now and l.status in ('esperando', 'oferecida');
  -- Outside the hours offers would pile up, and all go out at once.
  if not private.paused() and private.opens_at(v_now) is null then
    for r in
      select v.id from public.vagas v
       where private.is_open(v.status) and v.inicio > v_now
         and exists (select from public.lista_espera
                      where vaga_id = v.id and status = 'esperando')
         and not private.was_offered(v.id, v_now)
       order by v.id limit v_limit
    loop
      c := private.offer_shift(r.id);
      continue when c.id is null;
      v_offers := v_offers + 1;
      v_rung := v_rung || jsonb_build_object('conversa_id', c.id, 'instance', c.instance);
    end loop;
  end if;
  return jsonb_build_object('liberadas', v_freed, 'ofertas', v_offers, 'conversas', v_rung);
end $$;
