-- Shifts whose time is over: managers are asked whether they took place, and what they answer is
-- written down. Locks: shifts -> the doctor's agenda.

-- A shift that ended longer ago is no news: whoever imports the past says what became of it.
create function private.ask_within() returns interval
language sql immutable
as $$ select interval '7 days' $$;

-- Asks of each shift once, two hours after its end. A notice is no send: a pause does not hold it up.
create function api.ask_of_shifts(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_limit bigint := private.need_int(p, 'limit');
  v_now timestamptz := api.agora();
  v_asked integer := 0;
  v public.vagas;
  c public.conversations;
begin
  for v in
    select * from public.vagas
     where private.is_taken(status) and perguntada_em is null
       and fim <= v_now - interval '2 hours' and fim > v_now - private.ask_within()
     -- Agendas are locked in this order wherever several are.
     order by medico_id, id limit v_limit for no key update skip locked
  loop
    update public.vagas set status = 'pendente_confirmacao', perguntada_em = v_now where id = v.id;
    c := private.conversation_of(v.medico_id, (
      select conversa_id from public.reservas where vaga_id = v.id and status = 'confirmada'));
    -- Of a doctor who never wrote the name is told all the same; about one who was erased nothing is
    -- written, and managers are asked of the shift alone.
    c.medico_id := v.medico_id;
    if exists (select from public.medicos where id = v.medico_id and eliminado_em is not null) then
      c := null;
    end if;
    -- No reference: of a shift whose hours are changed afterwards is asked again.
    perform private.notify_managers('plantao_terminado', c, null,
                                    jsonb_build_object('vaga_id', v.id));
    v_asked := v_asked + 1;
  end loop;
  return jsonb_build_object('perguntadas', v_asked, 'mais', v_asked >= v_limit);
end $$;

-- `aconteceu`: it is `realizada`. `nao_aconteceu`: it is `cancelada`, the booking with that reason; an
-- open shift in the past would serve nobody. The first word counts.
create function api.decidir_plantao(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_vaga uuid := private.need_uuid(p, 'vaga_id');
  v_decisao text := private.need_word(p, 'decisao', 'aconteceu', 'nao_aconteceu');
  v_por text := private.need_text(p, 'por');
  v_now timestamptz;
  v_reservas uuid[];
  v public.vagas;
  d public.decisoes_plantoes;
begin
  perform 1 from public.vagas where id = v_vaga for no key update;
  if not found then
    raise exception 'shift % does not exist', v_vaga
      using errcode = 'P0002', hint = 'Shifts to decide on: vagas, status pendente_confirmacao.';
  end if;
  select * into v from public.vagas where id = v_vaga;
  v_now := api.agora();
  if not private.is_taken(v.status) then
    select * into d from public.decisoes_plantoes where vaga_id = v_vaga
     order by created_at desc limit 1;
    return jsonb_build_object(
      'status', case when found then 'ja_decidida' else 'resolvida' end,
      'vaga_status', v.status, 'vaga', private.shift_for_managers(v_vaga), 'decisao', d.decisao, 'por', d.por, 'em', d.created_at);
  end if;
  if v.fim > v_now then
    return jsonb_build_object('status', 'cedo', 'vaga_status', v.status,
                              'vaga', private.shift_for_managers(v_vaga));
  end if;

  insert into public.decisoes_plantoes (vaga_id, decisao, por, created_at)
  values (v_vaga, v_decisao, v_por, v_now);
  if v_decisao = 'aconteceu' then
    update public.vagas set status = 'realizada', realizada_por = v_por where id = v_vaga;
    return jsonb_build_object('status', 'realizada', 'vaga_status', 'realizada',
                              'vaga', private.shift_for_managers(v_vaga));
  end if;
  v_reservas := array(select id from public.reservas
                       where vaga_id = v_vaga and status = 'confirmada');
  -- The booking ends by the shift's trigger, which knows no better reason.
  update public.vagas set status = 'cancelada', cancelada_por = v_por where id = v_vaga;
  update public.reservas set motivo = 'nao_aconteceu' where id = any (v_reservas);
  return jsonb_build_object('status', 'nao_aconteceu', 'vaga_status', 'cancelada',
                            'vaga', private.shift_for_managers(v_vaga));
end $$;
