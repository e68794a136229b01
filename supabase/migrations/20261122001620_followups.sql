-- Follow-ups: what a doctor hears of us who did not answer, each time later, and then nothing for
-- two months. Any message of the doctor's ends the chain. `conversations.stage` says how far it is.

insert into public.configuracoes values
  ('followup_prazos',
   '{"msg_enviada": "48 hours", "followup_1_enviado": "5 days", "followup_2_enviado": "15 days"}',
   'Silêncio desde a última mensagem nossa antes de cada follow-up: horas exatas, ou dias do calendário');

-- {nome}, {hospital}, {quando} and {valor} are filled in.
insert into public.mensagens_padrao values
  ('followup_leve',
   'Oi, {nome}! Conseguiu ver minha mensagem? Se fizer sentido pra vc, é só me responder por aqui.'),
  ('followup_plantao',
   'Oi, {nome}! Apareceu um plantão que pode combinar com vc: {hospital}, {quando}, {valor}. Tem interesse?'),
  ('followup_novidade',
   'Oi, {nome}! Se quiser, me conta a região e os horários que vc prefere e eu te aviso quando tiver plantão. Pode ser?'),
  ('followup_ultimo',
   'Oi, {nome}! Não quero te incomodar, então essa é minha última mensagem por enquanto. Quando quiser ver plantões, é só me chamar 🙂');

-- What comes after a stage: which follow-up, from when, and the stage that it leads to. Days are
-- the calendar's: the plan is made at the same time each day, and a send seconds after it would
-- otherwise put the next one off by a whole day.
create function private.next_followup(
  p_stage text, p_since timestamptz, out etapa integer, out vence_em timestamptz, out depois text)
language plpgsql stable set search_path = ''
as $$
declare
  v_local timestamp := p_since at time zone 'America/Sao_Paulo';
  v_espera interval := (select (valor ->> p_stage)::interval from public.configuracoes
                         where chave = 'followup_prazos');
begin
  etapa := array_position(
    array['msg_enviada', 'followup_1_enviado', 'followup_2_enviado'], p_stage);
  depois := (array['followup_1_enviado', 'followup_2_enviado', 'nao_respondeu'])[etapa];
  if extract(day from v_espera) > 0 then
    v_local := date_trunc('day', v_local);
  end if;
  vence_em := (v_local + v_espera) at time zone 'America/Sao_Paulo';
end $$;

create index conversations_followup on public.conversations (stage, stage_at)
  where stage in ('msg_enviada', 'followup_1_enviado', 'followup_2_enviado', 'nao_respondeu');

-- Where the conversation stands.

-- Sent: the silence begins. What was answered between its claim and its record stays answered.
create function private.fila_after_courting() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.status <> 'enviada' then
    -- Whom WhatsApp does not know, or of whom we do not know what arrived, is left in peace.
    update public.conversations set stage = 'nao_respondeu', stage_at = api.agora()
     where id = new.conversa_id and stage = new.metadata ->> 'antes';
  elsif not private.answered_since(new.medico_id, new.processando_desde) then
    update public.conversations
       set stage = coalesce(new.metadata ->> 'depois', 'msg_enviada'), stage_at = new.enviada_em
     where id = new.conversa_id and stage = coalesce(new.metadata ->> 'antes', stage);
    if new.metadata ->> 'depois' = 'nao_respondeu' then
      update public.medicos set stage_jornada = 'nao_respondeu'
       where id = new.medico_id
         and stage_jornada in ('novo', 'msg_enviada', 'aguardando_resposta');
    end if;
  end if;
  return null;
end $$;

create trigger fila_after_courting after update of status on public.fila_mensagens
for each row when (old.status <> new.status
                   and (new.status = 'enviada' and new.kind in ('campanha', 'oferta', 'followup')
                        or new.status in ('erro', 'estacionada') and new.kind = 'followup'))
execute function private.fila_after_courting();

-- The doctor wrote: nothing more goes that was meant for somebody silent. The conversation and the
-- contact are locked, like for every message that comes in.
create function private.interacoes_after_answer() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform private.cancel_pending(new.conversa_id, array['followup', 'campanha'], 'SUPERSEDED');
  update public.conversations set stage = 'respondeu', stage_at = api.agora()
   where id = new.conversa_id and stage not in ('respondeu', 'reservou')
     and (new.situacao <> 'historico' or stage_at < new.provider_at);
  if new.situacao <> 'historico' then
    update public.medicos set stage_jornada = 'respondeu'
     where id = new.medico_id
       and stage_jornada in ('novo', 'msg_enviada', 'aguardando_resposta', 'nao_respondeu');
  end if;
  update public.campanha_destinatarios set respondida_em = new.provider_at
   where medico_id = new.medico_id and status = 'enviada' and respondida_em is null
     and enviada_em < new.provider_at + interval '1 second';
  return null;
end $$;

create trigger interacoes_after_answer after insert on public.interacoes
for each row when (new.tipo = 'entrada') execute function private.interacoes_after_answer();

-- Booked in a conversation, which is locked.
create function private.reservas_after_booking() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update public.conversations set stage = 'reservou', stage_at = api.agora()
   where id = new.conversa_id and stage <> 'reservou';
  return null;
end $$;

create trigger reservas_after_booking after insert or update of status on public.reservas
for each row when (new.status = 'confirmada' and new.conversa_id is not null)
execute function private.reservas_after_booking();

-- Planning.

-- Whether the doctor is to be left alone for now, for a reason of ours.
create function private.is_held_back(p_medico uuid, p_now timestamptz) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return exists (select from public.conversations
                  where medico_id = p_medico and controlled_by = 'human'
                    and status in ('active', 'paused', 'escalated'))
      or exists (select from public.diretrizes
                  where tipo = 'bloqueado' and medico_id = p_medico
                    and coalesce(expira_em > p_now, true));
end $$;

-- Whether the conversation's next follow-up may be planned. One chain for a doctor: that of the
-- conversation in which we wrote last.
create function private.may_follow_up(c public.conversations, p_now timestamptz) returns boolean
language plpgsql stable set search_path = ''
as $$
declare
  m public.medicos;
begin
  select * into m from public.medicos where id = c.medico_id;
  return private.may_contact(m) and not m.canario and c.controlled_by = 'ai'
     and c.status in ('active', 'paused', 'escalated')
     and not private.answered_since(m.id, c.stage_at)
     -- Something is on its way, or promised.
     and not exists (select from public.fila_mensagens
                      where medico_id = m.id and status in ('pendente', 'processando', 'incerta'))
     and coalesce((private.next_followup(c.stage, c.stage_at)).vence_em <= p_now, false)
     and not private.is_held_back(m.id, p_now)
     and coalesce(private.rests_until(m.id) <= p_now, true)
     and not exists (select from public.conversations
                      where medico_id = m.id and stage_at > c.stage_at
                        and stage in ('msg_enviada', 'followup_1_enviado', 'followup_2_enviado'));
end $$;

-- A real shift that this doctor could have: of the specialty, in the state where the doctor lives,
-- that leaves time to answer and that nobody else has the first word on. Not after a campaign that
-- was to offer nothing, and none to a doctor with restrictions.
create function private.shift_for_followup(c public.conversations, p_now timestamptz)
returns public.vagas
language plpgsql stable set search_path = ''
as $$
declare
  m public.medicos;
  v public.vagas;
begin
  if not coalesce((select k.pode_ofertar
                     from public.fila_mensagens f join public.campanhas k on k.id = f.campanha_id
                    where f.conversa_id = c.id and f.status = 'enviada'
                    order by f.enviada_em desc limit 1), true)
     or private.restricted_since(c.medico_id, null) then
    return null;
  end if;
  select * into m from public.medicos where id = c.medico_id;
  select s.* into v
    from private.shifts_for(m.id, p_now) s join public.hospitais h on h.id = s.hospital_id
   where s.especialidade_id = m.especialidade_id and s.inicio > p_now + interval '2 days'
     and (m.estado is null or h.estado = m.estado)
     and not exists (select from public.lista_espera
                      where vaga_id = s.id and status in ('esperando', 'oferecida'))
   order by private.is_pushed(s.id, p_now) desc,
            private.plain(h.cidade) is not distinct from private.plain(m.cidade) desc,
            s.inicio, s.id
   limit 1;
  return v;
end $$;

-- Puts the conversation's next follow-up into the outbox. True if it offers a shift. The caller
-- holds the conversation.
create function private.enqueue_followup(c public.conversations, p_now timestamptz) returns boolean
language plpgsql set search_path = ''
as $$
declare
  m public.medicos;
  v public.vagas;
  n record := private.next_followup(c.stage, c.stage_at);
  v_texto text;
begin
  select * into m from public.medicos where id = c.medico_id;
  if n.etapa = 2 then
    v := private.shift_for_followup(c, p_now);
  end if;
  select conteudo into v_texto from public.mensagens_padrao
   where chave = case when n.etapa = 1 then 'followup_leve' when n.etapa = 3 then 'followup_ultimo'
                      when v.id is null then 'followup_novidade' else 'followup_plantao' end;
  if v.id is not null then
    v_texto := private.fill_in_shift(v_texto, v);
  end if;
  perform private.enqueue_proactive(
    gen_random_uuid(), c.id, 'followup', private.fill_in(v_texto, m), p_now,
    -- Over a long weekend with a holiday on either side.
    least(p_now + interval '5 days', v.inicio),
    jsonb_strip_nulls(jsonb_build_object(
      'antes', c.stage, 'depois', n.depois, 'vaga_id', v.id,
      'termos', case when v.id is not null then private.terms(v) end)));
  perform private.tell_shift(c.id, v.id);
  return v.id is not null;
end $$;

-- The conversation in which the doctor is to be followed up: this one, or that on the number that a
-- person has given the doctor since; the chain goes along. Null: somebody has it. The caller holds
-- `c`.
create function private.carry_chain(c public.conversations) returns public.conversations
language plpgsql set search_path = ''
as $$
declare
  n public.conversations;
  v_instance text := (select instance from public.medicos where id = c.medico_id);
begin
  if coalesce(v_instance, c.instance) = c.instance then
    return c;
  end if;
  n := private.conversation_on(c.medico_id, v_instance);
  if n.id is not null then
    update public.conversations set stage = c.stage, stage_at = c.stage_at
     where id = n.id returning * into n;
    update public.conversations set stage = 'novo', stage_at = null where id = c.id;
  end if;
  return n;
end $$;

-- Why a follow-up that waits is not wanted any more, or null; the next plan looks at the doctor
-- anew.
create function private.followup_void(f public.fila_mensagens, m public.medicos, p_now timestamptz)
returns text
language plpgsql stable set search_path = ''
as $$
declare
  c public.conversations;
begin
  select * into c from public.conversations where id = f.conversa_id;
  if m.deleted_at is not null or m.merged_into is not null then
    return 'cadastro';
  elsif f.metadata ->> 'antes' <> c.stage or private.answered_since(m.id, c.stage_at) then
    return 'respondeu';
  elsif private.is_held_back(m.id, p_now) then
    return 'atendimento_humano';
  elsif private.offer_is_void(f, m, p_now)
        or f.metadata ? 'vaga_id' and private.restricted_since(m.id, null) then
    return 'plantao';
  end if;
  return null;
end $$;

-- One transaction's worth of the daily plan; `mais`: call again. Hours, holidays and spacing are
-- the claim's business.
create function api.plan_followups(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_limit bigint := private.need_int(p, 'limit');
  v_now timestamptz := api.agora();
  v_rest interval := make_interval(days => private.setting_int('descanso_dias'));
  v_id uuid;
  c public.conversations;
  v_planned integer := 0;
  v_shifts integer := 0;
  v_again integer;
begin
  with rested as (
    select id from public.conversations
     where stage = 'nao_respondeu' and stage_at <= v_now - v_rest
     order by stage_at limit v_limit for no key update skip locked
  )
  update public.conversations set stage = 'recontato', stage_at = v_now
   where id in (select id from rested);
  get diagnostics v_again = row_count;
  for v_id in
    select o.id
      from jsonb_each_text((select valor from public.configuracoes
                             where chave = 'followup_prazos')) s (stage, espera)
      join public.conversations o on o.stage = s.stage
       -- Nearly due, by the index; whose turn it is, says may_follow_up.
       and o.stage_at <= v_now - s.espera::interval + interval '1 day'
     where o.stage in ('msg_enviada', 'followup_1_enviado', 'followup_2_enviado')
       and private.may_follow_up(o, v_now)
     order by o.stage_at, o.id limit v_limit
  loop
    perform 1 from public.conversations where id = v_id for no key update skip locked;
    continue when not found;
    select * into c from public.conversations where id = v_id;
    continue when not private.may_follow_up(c, v_now);
    c := private.carry_chain(c);
    continue when c.id is null;
    v_shifts := v_shifts + private.enqueue_followup(c, v_now)::integer;
    v_planned := v_planned + 1;
  end loop;
  return jsonb_build_object(
    'planejados', v_planned, 'com_plantao', v_shifts, 'recontato', v_again,
    'mais', greatest(v_planned, v_again) = v_limit);
end $$;
