-- Co-pilot mode: what Julia would answer is a draft until a person says yes. A draft is not in the
-- outbox, so nothing that claims can take it; the word that approves it commits the turn again, by the
-- same rules. Of a conversation at most one draft waits, and who holds the conversation decides on it.

alter table public.conversations add column copiloto boolean;
comment on column public.conversations.copiloto is
  'Co-pilot mode of this conversation; null: as its campaign, else as configuracoes.copiloto.';
alter table public.campanhas add column copiloto boolean;
comment on column public.campanhas.copiloto is
  'Co-pilot mode of the conversations whose last campaign this is; null: as configuracoes.copiloto.';

insert into public.configuracoes values
  ('copiloto', 'false',
   'Modo copiloto onde nem a conversa nem a campanha dizem outra coisa: cada resposta espera aprovação');
alter table public.configuracoes
  add constraint copiloto_e_sim_ou_nao check (chave <> 'copiloto' or jsonb_typeof(valor) = 'boolean');

create index fila_campanha_da_conversa on public.fila_mensagens (conversa_id)
  where campanha_id is not null;

-- Each draft and what became of it: with the messages and the prompt of its turn, what people changed
-- and refused is what prompts are judged by.
create table public.rascunhos_copiloto (
  turno_id uuid primary key references public.turnos,
  conversa_id uuid not null references public.conversations,
  -- Whose setting asked for it.
  modo text not null check (modo in ('conversa', 'campanha', 'global')),
  control_epoch bigint not null,
  -- The doctor's messages that it answers.
  mensagens bigint[] not null,
  partes text[] not null,
  -- What becomes final with the answer: holds to confirm, and what tools did (as of `commit_turn`).
  reservas uuid[] not null,
  efeitos jsonb not null,
  status text not null default 'esperando'
    check (status in ('esperando', 'aprovado', 'editado', 'rejeitado', 'vencido')),
  -- What went instead of `partes`, if a person changed it.
  partes_finais text[],
  -- Why a person refused it, in her words; or what made it lapse.
  motivo text,
  por text,
  created_at timestamptz not null,
  expira_em timestamptz not null,
  avisado_em timestamptz,
  decidido_em timestamptz,
  check ((status = 'esperando') = (decidido_em is null)),
  check ((status = 'editado') = (partes_finais is not null))
);
create unique index rascunhos_copiloto_um on public.rascunhos_copiloto (conversa_id)
  where status = 'esperando';
create index rascunhos_copiloto_conversa_idx on public.rascunhos_copiloto (conversa_id);
create index rascunhos_copiloto_quando on public.rascunhos_copiloto using brin (created_at);

-- Each decision of a manager on the mode; the columns and the setting are what holds now.
create table public.decisoes_copiloto (
  op_id uuid primary key,
  alvo text not null check (alvo in ('global', 'campanha', 'conversa')),
  alvo_id uuid,
  modo text not null check (modo in ('ligado', 'desligado', 'padrao')),
  motivo text not null,
  por text not null,
  created_at timestamptz not null default api.agora(),
  check ((alvo = 'global') = (alvo_id is null))
);

alter table public.rascunhos_copiloto enable row level security;
alter table public.decisoes_copiloto enable row level security;
revoke all on public.rascunhos_copiloto, public.decisoes_copiloto from anon, authenticated, service_role;

-- How long managers may be awaited before they are told, in Slack, that a draft waits.
create function private.draft_patience() returns interval
language sql immutable
as $$ select interval '10 minutes' $$;

create function private.copilot_everywhere() returns boolean
language sql stable set search_path = ''
as $$ select coalesce((select valor = 'true' from public.configuracoes where chave = 'copiloto'), false) $$;

-- The last campaign that reached the doctor in this conversation, or may have: who answers it shows
-- often enough that a send in doubt arrived.
create function private.campaign_of(p_conversa uuid) returns uuid
language sql stable set search_path = ''
as $$
  select campanha_id from public.fila_mensagens
   where conversa_id = p_conversa and campanha_id is not null
     and status in ('processando', 'incerta', 'estacionada', 'enviada')
   order by coalesce(enviada_em, processando_desde) desc limit 1
$$;

-- Whether answers of this conversation wait for a person's word, and whose setting says so: its own,
-- else that of its campaign, else the one for all. Null: they do not.
create function private.copilot_by(c public.conversations) returns text
language plpgsql stable set search_path = ''
as $$
declare
  v_campaign boolean;
begin
  if (select canario from public.medicos where id = c.medico_id) then
    return null;
  elsif c.copiloto is not null then
    return case when c.copiloto then 'conversa' end;
  end if;
  select copiloto into v_campaign from public.campanhas where id = private.campaign_of(c.id);
  if v_campaign is not null then
    return case when v_campaign then 'campanha' end;
  end if;
  return case when private.copilot_everywhere() then 'global' end;
end $$;

create function private.waiting_draft(p_conversa uuid) returns uuid
language sql stable set search_path = ''
as $$
  select turno_id from public.rascunhos_copiloto
   where conversa_id = p_conversa and status = 'esperando'
$$;

-- Keeps the answer of a turn, with what becomes final with it, for a person's word. The caller holds
-- the conversation, and the turn is recorded.
create function private.draft_turn(
  c public.conversations, p_turno uuid, p_modo text, p_parts jsonb, p_holds uuid[], p_effects jsonb,
  p_seq bigint)
returns void
language plpgsql set search_path = ''
as $$
declare
  v_now timestamptz := api.agora();
  v_read bigint[];
begin
  with read as (
    update public.interacoes set situacao = 'rascunho', turno_id = p_turno
     where conversa_id = c.id and situacao = 'pendente' and inbox_seq <= p_seq
    returning id
  )
  select coalesce(array_agg(id order by id), '{}') into v_read from read;
  insert into public.rascunhos_copiloto
    (turno_id, conversa_id, modo, control_epoch, mensagens, partes, reservas, efeitos, created_at,
     expira_em)
  values
    (p_turno, c.id, p_modo, c.control_epoch, v_read,
     array(select btrim(t, E' \n\r\t') from jsonb_array_elements_text(p_parts) t),
     p_holds, p_effects, v_now, v_now + private.reply_window());
  update public.reservas set expira_em = v_now + private.reply_window(), updated_at = v_now
   where id = any (p_holds) and status = 'segurada';
  update public.conversations set first_pending_at = v_now where id = c.id;
  insert into public.chatwoot_efeitos (conversa_id, tipo, turno_id) values (c.id, 'rascunho', p_turno);
end $$;

-- What became of a draft, or of a word about it, is told in Chatwoot.
create function private.tell_of_draft(
  p_conversa uuid, p_turno uuid, p_status text, p_motivo text, p_por text)
returns void
language sql volatile set search_path = ''
as $$
  insert into public.chatwoot_efeitos (conversa_id, tipo, turno_id, dados)
  values (p_conversa, 'decisao', p_turno, jsonb_strip_nulls(
    jsonb_build_object('status', p_status, 'motivo', p_motivo, 'por', p_por)))
$$;

-- Ends the conversation's waiting draft, if there is one, as if its turn had not been: what it would
-- have booked is free, and the messages are unanswered again. True if there was one. The caller holds
-- the conversation, and sees to it that the messages get their end.
create function private.lapse_draft(
  p_conversa uuid, p_motivo text, p_status text default 'vencido', p_por text default null)
returns boolean
language plpgsql set search_path = ''
as $$
declare
  d public.rascunhos_copiloto;
begin
  update public.rascunhos_copiloto
     set status = p_status, motivo = p_motivo, por = p_por, decidido_em = api.agora()
   where conversa_id = p_conversa and status = 'esperando'
  returning * into d;
  if not found then
    return false;
  end if;
  update public.turnos set outcome = 'descartado' where id = d.turno_id;
  update public.interacoes set turno_id = null, situacao = 'pendente'
   where turno_id = d.turno_id and situacao = 'rascunho';
  perform private.free_holds(p_conversa);
  perform private.tell_of_draft(p_conversa, d.turno_id, d.status, d.motivo, d.por);
  return true;
end $$;

-- A manager's plain UPDATE opts out and ends no draft: its messages get the end of such messages.
create function private.silence_draft(p_conversa uuid) returns void
language plpgsql set search_path = ''
as $$
begin
  perform private.lapse_draft(p_conversa, 'optout');
  update public.interacoes set situacao = 'optout'
   where conversa_id = p_conversa and situacao = 'pendente';
end $$;

-- Commits the turn of a draft as it would have been committed at first. False: what it rests on is
-- gone, and it has lapsed. The caller holds the status lock and the conversation.
create function private.approve_draft(
  c public.conversations, d public.rascunhos_copiloto, p_parts text[], p_por text)
returns boolean
language plpgsql set search_path = ''
as $$
begin
  perform private.lock_bookings(d.reservas || private.cancelled_bookings(d.efeitos), c.medico_id);
  -- Holds are a turn's while it is thought out; these are of one that has ended.
  c.lease_turno_id := d.turno_id;
  if not private.holds_stand(c, d.reservas)
     or exists (select from public.reservas r join public.vagas v on v.id = r.vaga_id
                 where r.id = any (d.reservas) and r.status = 'segurada'
                   and least(r.expira_em, v.inicio) <= api.agora())
     or not private.effects_fit(c, d.efeitos, api.agora()) then
    perform private.lapse_draft(c.id, 'reserva_perdida');
    perform private.end_lease(c.id, api.agora(), '[]');
    return false;
  end if;
  update public.rascunhos_copiloto
     set status = case when p_parts = partes then 'aprovado' else 'editado' end,
         partes_finais = nullif(p_parts, partes), por = p_por, decidido_em = api.agora()
   where turno_id = d.turno_id returning * into d;
  update public.conversations set turn_seq = turn_seq + 1 where id = c.id returning * into c;
  update public.turnos set outcome = 'resposta', turn_seq = c.turn_seq where id = d.turno_id;
  perform private.confirm_holds(c, d.reservas);
  perform private.apply_effects(c, d.turno_id, d.efeitos);
  perform private.write_parts(c, d.turno_id, to_jsonb(p_parts));
  -- It waited on purpose: no measure of how fast Julia is.
  update public.fila_mensagens set retida = true where turno_id = d.turno_id and status = 'pendente';
  update public.interacoes set situacao = 'respondida'
   where turno_id = d.turno_id and situacao = 'rascunho';
  perform private.tell_of_draft(c.id, d.turno_id, d.status, null, d.por);
  return true;
end $$;

-- A person's word on the draft that waits; nothing waits: `sem_rascunho`. The caller holds the status
-- lock and the conversation.
create function private.decide_draft(
  c public.conversations, p_decisao text, p_parts text[], p_motivo text, p_por text)
returns text
language plpgsql set search_path = ''
as $$
declare
  d public.rascunhos_copiloto;
begin
  select * into d from public.rascunhos_copiloto where conversa_id = c.id and status = 'esperando';
  if not found then
    return 'sem_rascunho';
  elsif private.is_silenced(c.medico_id) then
    perform private.silence_draft(c.id);
    return 'vencido';
  elsif p_decisao = 'rejeitar' then
    perform private.lapse_draft(c.id, p_motivo, 'rejeitado', p_por);
    perform private.hand_over(c.id, 'manual', concat_ws(': ', 'Rascunho rejeitado', p_motivo), false, p_por);
    return 'rejeitado';
  elsif c.control_epoch <> d.control_epoch or c.controlled_by <> 'ai' or private.is_unanswered(c.id) then
    perform private.lapse_draft(c.id, 'medico_escreveu');
    perform private.end_lease(c.id, api.agora(), '[]') where c.lease_token is null;
    return 'vencido';
  elsif private.paused_for(c.medico_id, c.instance) then
    return 'pausa';
  elsif d.expira_em <= api.agora() then
    perform private.give_up_draft(c.id, p_por);
    return 'vencido';
  end if;
  return case when not private.approve_draft(c, d, coalesce(p_parts, d.partes), p_por) then 'vencido'
              when coalesce(p_parts, d.partes) = d.partes then 'aprovado' else 'editado' end;
end $$;

-- Nobody has decided in time: a late answer is not sent, a person gets the conversation.
create function private.give_up_draft(p_conversa uuid, p_por text) returns void
language plpgsql set search_path = ''
as $$
begin
  perform private.lapse_draft(p_conversa, 'prazo');
  perform private.hand_over(p_conversa, 'resposta_vencida',
    'O rascunho da Júlia esperou 30 minutos por aprovação', false, p_por);
end $$;

create function private.draft_answer(p_status text, c public.conversations) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('status', p_status, 'conversa_id', c.id, 'instance', c.instance,
                            'doorbell', private.has_pending(c.id))
$$;

-- The words that are to go instead of the draft's; null if they cannot.
create function private.edited_parts(p jsonb) returns text[]
language plpgsql immutable set search_path = ''
as $$
declare
  v_parts text[] := array(
    select btrim(t, E' \n\r\t') from jsonb_array_elements_text(coalesce(nullif(p -> 'partes', 'null'), '[]')) t);
begin
  if cardinality(v_parts) between 1 and 6
     and not exists (select from unnest(v_parts) t where length(t) not between 1 and 4000) then
    return v_parts;
  end if;
  return null;
end $$;

-- Whether people could read the draft at that time in that conversation of Chatwoot: a word that was
-- said before, or where a doctor's earlier conversation is shown, is about another one. Chatwoot's
-- times are whole seconds.
create function private.was_shown(
  c public.conversations, p_turno uuid, p_conversation bigint, p_em timestamptz)
returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return c.chatwoot_conversation_id is not distinct from p_conversation
     and exists (select from public.chatwoot_efeitos
                  where turno_id = p_turno and tipo = 'rascunho' and desistiu is null
                    and date_trunc('second', feito_em) <= p_em);
end $$;

-- A person answered a draft in Chatwoot, in a private note (`mensagem_id`) or by a label.
create function api.person_decided(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_decisao text := private.need_word(p, 'decisao', 'aprovar', 'editar', 'rejeitar');
  v_em timestamptz := private.need_time(p, 'em');
  v_por text := private.need_text(p, 'por');
  v_mensagem bigint := case when p ->> 'mensagem_id' is not null then private.need_int(p, 'mensagem_id') end;
  v_motivo text := nullif(left(p ->> 'motivo', 300), '');
  v_parts text[] := case v_decisao when 'editar' then private.edited_parts(p) end;
  c public.conversations;
  v_draft uuid;
  v_status text;
begin
  perform private.lock_status_shared();
  c := private.lock_chatwoot_conversation(p);
  if c.id is null then
    return jsonb_build_object('status', 'desconhecida', 'doorbell', false);
  end if;
  if not private.take_delivery(p, c.id, v_mensagem) then
    return private.draft_answer('duplicada', c);
  end if;
  v_draft := private.waiting_draft(c.id);
  v_status := case
    when v_draft is null then 'sem_rascunho'
    when not private.was_shown(c, v_draft, private.need_int(p, 'conversation_id'), v_em) then 'antigo'
    when v_decisao = 'editar' and v_parts is null then 'texto_invalido'
    else private.decide_draft(c, v_decisao, v_parts, v_motivo, v_por) end;
  -- Where nothing waits nobody waits to hear of a label; words deserve an answer where there were drafts.
  if v_status in ('texto_invalido', 'pausa', 'antigo')
     or v_status = 'sem_rascunho' and v_mensagem is not null
        and exists (select from public.rascunhos_copiloto where conversa_id = c.id) then
    perform private.tell_of_draft(c.id, v_draft, v_status, null, null);
  end if;
  return private.draft_answer(v_status, c);
end $$;

-- The same by SQL, of the draft that is named: for when Chatwoot is away.
create function api.decide_draft(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_turno uuid := private.need_uuid(p, 'turno_id');
  v_decisao text := private.need_word(p, 'decisao', 'aprovar', 'editar', 'rejeitar');
  v_por text := private.need_text(p, 'por');
  v_parts text[] := case v_decisao when 'editar' then private.edited_parts(p) end;
  v_conversa uuid := (select conversa_id from public.rascunhos_copiloto where turno_id = v_turno);
  c public.conversations;
begin
  if v_conversa is null then
    return jsonb_build_object('status', 'sem_rascunho', 'doorbell', false);
  end if;
  if v_decisao = 'editar' and v_parts is null then
    perform private.argument_missing('partes', 'list of 1 to 6 texts of 1 to 4000 characters');
  end if;
  perform private.lock_status_shared();
  c := private.lock_conversation(v_conversa);
  return private.draft_answer(
    case when private.waiting_draft(c.id) is distinct from v_turno then 'sem_rascunho'
         else private.decide_draft(c, v_decisao, v_parts, nullif(p ->> 'motivo', ''), v_por) end, c);
end $$;

-- Gives drafts that nobody decided on in time to a person; tells managers of those that wait for long.
create function api.expire_drafts(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_limit bigint := private.need_int(p, 'limit');
  d record;
  c public.conversations;
  v_handed integer := 0;
  v_told integer := 0;
begin
  if private.paused() then
    return jsonb_build_object('transferidos', 0, 'avisados', 0);
  end if;
  for d in
    select r.turno_id, r.conversa_id
      from public.rascunhos_copiloto r join public.conversations k on k.id = r.conversa_id
     where r.status = 'esperando'
       and (r.expira_em <= api.agora()
            or r.avisado_em is null and r.created_at <= api.agora() - private.draft_patience())
       and not private.paused_for(k.medico_id, k.instance)
     order by r.conversa_id limit v_limit
  loop
    perform 1 from public.conversations where id = d.conversa_id for no key update skip locked;
    continue when not found or private.waiting_draft(d.conversa_id) is distinct from d.turno_id;
    select * into c from public.conversations where id = d.conversa_id;
    if private.is_silenced(c.medico_id) then
      perform private.silence_draft(c.id);
    elsif (select expira_em from public.rascunhos_copiloto
            where turno_id = d.turno_id) <= api.agora() then
      perform private.give_up_draft(c.id, null);
      v_handed := v_handed + 1;
    else
      update public.rascunhos_copiloto set avisado_em = api.agora() where turno_id = d.turno_id;
      perform private.notify_managers('rascunho_esperando', c, d.turno_id, jsonb_build_object(
        'chatwoot_conversation_id', c.chatwoot_conversation_id));
      v_told := v_told + 1;
    end if;
  end loop;
  return jsonb_build_object('transferidos', v_handed, 'avisados', v_told);
end $$;

-- A draft as people read it: what would be said, and what would become final with it.
create function private.draft_json(p_turno uuid) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'status', d.status, 'partes', to_jsonb(d.partes), 'expira_em', d.expira_em,
      'reservas', (
        select coalesce(jsonb_agg(jsonb_build_object('hospital', h.nome, 'quando', private.say_when(v))
                                  order by v.inicio), '[]')
          from public.reservas r join public.vagas v on v.id = r.vaga_id
          join public.hospitais h on h.id = v.hospital_id
         where r.id = any (d.reservas)),
      'devolucoes', private.bookings_json(private.cancelled_bookings(d.efeitos)),
      'lembretes', (
        select coalesce(jsonb_agg(jsonb_build_object('quando', l ->> 'quando', 'texto', l ->> 'mensagem')), '[]')
          from jsonb_array_elements(coalesce(nullif(d.efeitos -> 'lembretes', 'null'), '[]')) l))
      from public.rascunhos_copiloto d where d.turno_id = p_turno);
end $$;

-- Who says whether answers wait for a person's word: for everything, a campaign or a conversation.
-- `padrao`: as the wider setting says.
create function api.set_copilot(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_op uuid := private.need_uuid(p, 'op_id');
  v_alvo text := private.need_word(p, 'alvo', 'global', 'campanha', 'conversa');
  v_id uuid := case when v_alvo <> 'global' then private.need_uuid(p, 'id') end;
  v_modo text := case v_alvo when 'global' then private.need_word(p, 'modo', 'ligado', 'desligado')
                             else private.need_word(p, 'modo', 'ligado', 'desligado', 'padrao') end;
  v_motivo text := private.need_text(p, 'motivo');
  v_por text := private.need_text(p, 'por');
  v_on boolean := case v_modo when 'ligado' then true when 'desligado' then false end;
begin
  if exists (select from public.decisoes_copiloto where op_id = v_op) then
    return jsonb_build_object('status', 'repetida');
  end if;
  case v_alvo
    when 'global' then
      insert into public.configuracoes (chave, valor, descricao)
      values ('copiloto', to_jsonb(v_on), 'Modo copiloto')
      on conflict (chave) do update set valor = excluded.valor;
    when 'campanha' then
      update public.campanhas set copiloto = v_on where id = v_id;
    when 'conversa' then
      update public.conversations set copiloto = v_on where id = v_id;
  end case;
  if not found then
    return jsonb_build_object('status', 'desconhecida');
  end if;
  insert into public.decisoes_copiloto (op_id, alvo, alvo_id, modo, motivo, por)
  values (v_op, v_alvo, v_id, v_modo, v_motivo, v_por) on conflict do nothing;
  return jsonb_build_object('status', v_modo);
end $$;

create function api.copilot_status(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
  select jsonb_build_object(
    'ligado', private.copilot_everywhere(),
    'campanhas', (select coalesce(jsonb_agg(jsonb_build_object(
                    'nome', k.nome, 'ligado', k.copiloto) order by k.nome), '[]')
                    from public.campanhas k
                   where k.copiloto is not null and k.status in ('agendada', 'ativa', 'pausada')),
    'conversas_ligadas', (select count(*) from public.conversations
                           where copiloto and status in ('active', 'paused', 'escalated')),
    'conversas_desligadas', (select count(*) from public.conversations
                              where not copiloto and status in ('active', 'paused', 'escalated')),
    'esperando', (select count(*) from public.rascunhos_copiloto where status = 'esperando'),
    'mais_antigo_s', (select extract(epoch from api.agora() - min(created_at))
                        from public.rascunhos_copiloto where status = 'esperando'))
$$;
