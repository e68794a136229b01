-- Campaigns: what is written to many doctors of our own accord, to each at most once. Managers
-- write them as rows, start and stop them by functions (or by a plain UPDATE of `status`), and the
-- scheduler feeds them into the outbox a few at a time. See docs/reference/campaigns.md.

insert into public.configuracoes values
  ('campanha_janela', '10', 'Mensagens de campanha que esperam na fila de cada número, no máximo'),
  ('campanha_intervalo_dias', '3', 'Dias entre duas campanhas para o mesmo médico'),
  ('campanha_sem_resposta', '2', 'Campanhas sem resposta depois das quais o médico não recebe outra'),
  ('campanha_conversa_horas', '48', 'Horas sem campanha depois de uma mensagem do médico'),
  ('descanso_dias', '60', 'Dias sem contato nosso depois do último follow-up sem resposta');

create function private.setting_int(p_chave text) returns integer
language plpgsql stable set search_path = ''
as $$
declare
  v_valor integer := (select (valor #>> '{}')::integer from public.configuracoes
                       where chave = p_chave);
begin
  if v_valor is null then
    raise exception 'configuracoes has no %', p_chave
      using errcode = '22023', hint = 'INSERT it again; the migrations name each with its default.';
  end if;
  return v_valor;
end $$;

-- How a conversation with a doctor may begin; campaigns that bring no openings of their own use
-- these.
create table public.aberturas (
  conteudo text primary key check (conteudo <> ''),
  ativo boolean not null default true
);
insert into public.aberturas (conteudo) values
  ('Oi, {nome}! Tudo bem? Aqui é a Júlia, assistente virtual da equipe de plantões.'),
  ('Oi, {nome}, tudo certo? Sou a Júlia, assistente virtual da equipe de plantões.'),
  ('Olá, {nome}! Como vc tá? Sou a Júlia, assistente virtual que cuida dos plantões por aqui.'),
  ('Oi, {nome}! Júlia aqui, assistente virtual da equipe de escalas.'),
  ('{nome}, tudo bem? Aqui quem fala é a Júlia, assistente virtual da equipe de plantões.'),
  ('Oi, {nome}! Espero que esteja tudo bem. Sou a Júlia, assistente virtual da equipe de escalas.'),
  ('Oi, {nome}! Desculpa chegar assim. Sou a Júlia, assistente virtual da equipe de plantões.'),
  ('Olá, {nome}! Aqui é a Júlia, assistente virtual de plantões. Prometo ser breve.'),
  ('Oi, {nome}! Tudo joia? Sou a Júlia, assistente virtual da equipe de plantões médicos.'),
  ('Oi, {nome}, a Júlia aqui, assistente virtual dos plantões. Tudo bem por aí?'),
  ('Olá, {nome}! Sou a Júlia, assistente virtual da equipe. Tudo bem com vc?'),
  ('Oi, {nome}! Aqui é a Júlia, assistente virtual. Cuido das escalas de plantão com a equipe.'),
  ('{nome}, oi! Sou a Júlia, assistente virtual da equipe de plantões. Tudo certo?'),
  ('Oi, {nome}! Como foi a semana? Júlia aqui, assistente virtual da equipe de plantões.'),
  ('Olá, {nome}, tudo bem? Falo da equipe de escalas: sou a Júlia, assistente virtual.'),
  ('Oi, {nome}! Passando rapidinho: sou a Júlia, assistente virtual da equipe de plantões.'),
  ('Oi, {nome}! Sou a Júlia, assistente virtual que ajuda a equipe com os plantões. Tudo bem?'),
  ('Olá, {nome}! Júlia, assistente virtual da equipe de plantões. Pode falar um minutinho?'),
  ('Oi, {nome}, tudo tranquilo? Aqui é a Júlia, assistente virtual da equipe de escalas.'),
  ('Oi, {nome}! Prazer, sou a Júlia, assistente virtual da equipe de plantões médicos.'),
  ('Olá, {nome}! Que bom falar com vc. Sou a Júlia, assistente virtual da equipe de plantões.'),
  ('Oi, {nome}! Serei breve: sou a Júlia, assistente virtual, e cuido dos plantões com a equipe.');

create table public.campanhas (
  id uuid primary key default gen_random_uuid(),
  nome text not null check (nome <> ''),
  tipo text not null
    check (tipo in ('discovery', 'oferta', 'reativacao', 'followup', 'feedback', 'custom')),
  -- After an opening. {nome} and {especialidade} are the doctor's; {hospital}, {quando} and {valor}
  -- those of `vaga_id`.
  corpo text not null check (corpo <> ''),
  aberturas text[] not null default '{}',
  -- Filters of the audience: {especialidades, regioes, stages, excluir_campanhas}.
  publico jsonb not null default '{}',
  quantidade_alvo integer check (quantidade_alvo > 0),
  -- The shift that an `oferta` is about: without one there is nothing to offer.
  vaga_id uuid references public.vagas,
  -- Whether its follow-ups may offer a shift.
  pode_ofertar boolean generated always as (tipo <> 'discovery') stored,
  status text not null default 'rascunho' check (status in
    ('rascunho', 'agendada', 'ativa', 'pausada', 'concluida', 'cancelada')),
  -- Not sent before this, and not after that; who was not reached by then is left out.
  agendar_para timestamptz,
  termina_em timestamptz,
  iniciada_em timestamptz,
  concluida_em timestamptz,
  -- Who changes `status`, named along with it; goes to `historico`: [{em, por, status}].
  alterada_por text,
  historico jsonb not null default '[]',
  created_at timestamptz not null default api.agora(),
  check ((tipo = 'oferta') = (vaga_id is not null)),
  check (termina_em > agendar_para)
);
create index campanhas_abertas on public.campanhas (iniciada_em)
  where status in ('agendada', 'ativa', 'pausada');
create index campanhas_vaga_idx on public.campanhas (vaga_id) where vaga_id is not null;

-- Whom a campaign is for, drawn when it starts; each at most once.
create table public.campanha_destinatarios (
  campanha_id uuid not null references public.campanhas,
  medico_id uuid not null references public.medicos,
  -- pendente -> na_fila -> enviada, or back to pendente when it was withdrawn unsent; `pulada`:
  -- never.
  status text not null default 'pendente'
    check (status in ('pendente', 'na_fila', 'enviada', 'pulada')),
  -- Why it was left out, or put off until `nao_antes`.
  motivo text,
  nao_antes timestamptz,
  -- Kept, so that the doctor's next campaign begins otherwise.
  abertura text,
  fila_id uuid references public.fila_mensagens on delete set null,
  enviada_em timestamptz,
  -- The doctor's first message after it.
  respondida_em timestamptz,
  primary key (campanha_id, medico_id)
);
create index campanha_destinatarios_pendentes on public.campanha_destinatarios
  (campanha_id, medico_id) where status = 'pendente';
create index campanha_destinatarios_medico_idx on public.campanha_destinatarios (medico_id);
create index campanha_destinatarios_fila_idx on public.campanha_destinatarios (fila_id)
  where fila_id is not null;

alter table public.fila_mensagens
  add constraint fila_campanha_fk foreign key (campanha_id) references public.campanhas;
create index fila_campanha_pendente on public.fila_mensagens (campanha_id, instance)
  where campanha_id is not null and status = 'pendente';

-- The words.

-- What stands in braces in a campaign's texts and cannot be filled in; a lone brace counts.
create function private.unknown_placeholders(k public.campanhas) returns text[]
language sql immutable set search_path = ''
as $$
  select array(
    select distinct m[1]
      from regexp_matches(concat_ws(' ', k.corpo, array_to_string(k.aberturas, ' ')),
                          '(\{[^{}]*\}|[{}])', 'g') m
     where m[1] <> all (array['{nome}', '{especialidade}'])
       and (k.vaga_id is null or m[1] <> all (array['{hospital}', '{quando}', '{valor}']))
     order by 1)
$$;

-- How a doctor is addressed, or null.
create function private.first_name(m public.medicos) returns text
language sql immutable set search_path = ''
as $$ select coalesce(nullif(btrim(m.primeiro_nome), ''),
                      substring(m.nome_whatsapp from '^[[:alpha:]]{2,}')) $$;

-- The text with this doctor's words in it; without a name it is as if none had been meant.
create function private.fill_in(p_texto text, m public.medicos) returns text
language plpgsql stable set search_path = ''
as $$
declare
  v_nome text := private.first_name(m);
begin
  p_texto := replace(p_texto, '{especialidade}', coalesce(
    (select lower(nome) from public.especialidades where id = m.especialidade_id), ''));
  if v_nome is null then
    p_texto := regexp_replace(p_texto, '^\{nome\}[,!]?\s*|,?\s*\{nome\}', '', 'g');
    return upper(left(p_texto, 1)) || substr(p_texto, 2);
  end if;
  return replace(p_texto, '{nome}', v_nome);
end $$;

create function private.fill_in_shift(p_texto text, v public.vagas) returns text
language sql stable set search_path = ''
as $$
  select replace(replace(replace(p_texto,
           '{hospital}', (select nome from public.hospitais where id = v.hospital_id)),
           '{quando}', private.say_when(v)), '{valor}', private.say_value(v))
$$;

-- One that this doctor did not read last, if there is any.
create function private.opening_for(k public.campanhas, p_medico uuid) returns text
language sql stable set search_path = ''
as $$
  select a
    from unnest(case when k.aberturas <> '{}' then k.aberturas
                     else array(select conteudo from public.aberturas where ativo) end) a
   order by a is not distinct from (
              select abertura from public.campanha_destinatarios
               where medico_id = p_medico and status = 'enviada'
               order by enviada_em desc limit 1),
            private.share_of(k.id::text || p_medico::text || a)
   limit 1
$$;

create function private.campaign_text(k public.campanhas, m public.medicos, p_abertura text)
returns text
language plpgsql stable set search_path = ''
as $$
declare
  v public.vagas;
begin
  if k.vaga_id is not null then
    select * into v from public.vagas where id = k.vaga_id;
    p_abertura := private.fill_in_shift(p_abertura, v);
    k.corpo := private.fill_in_shift(k.corpo, v);
  end if;
  return concat_ws(E'\n\n', private.fill_in(p_abertura, m), private.fill_in(k.corpo, m));
end $$;

-- The audience.

-- Brazil's five regions by their states.
create function private.states_of(p_regiao text) returns text[]
language sql immutable set search_path = ''
as $$
  select case private.plain(btrim(p_regiao))
    when 'norte' then array['AC', 'AM', 'AP', 'PA', 'RO', 'RR', 'TO']
    when 'nordeste' then array['AL', 'BA', 'CE', 'MA', 'PB', 'PE', 'PI', 'RN', 'SE']
    when 'centro-oeste' then array['DF', 'GO', 'MS', 'MT']
    when 'sudeste' then array['ES', 'MG', 'RJ', 'SP']
    when 'sul' then array['PR', 'RS', 'SC']
    else case when p_regiao ~ '^\s*[A-Za-z]{2}\s*$' then array[upper(btrim(p_regiao))]
              else '{}'::text[] end end
$$;

-- By name or alias, to the letter but for accents and case: "nearly" would write to the wrong ones.
create function private.specialty_named(p_nome text) returns smallint
language sql stable set search_path = ''
as $$
  select id from (
    select id, nome from public.especialidades
    union all
    select especialidade_id, alias from public.especialidades_alias) named
   where private.plain(nome) = private.plain(btrim(p_nome)) limit 1
$$;

create function private.words_of(p jsonb, field text) returns text[]
language sql immutable set search_path = ''
as $$ select array(select jsonb_array_elements_text(coalesce(p -> field, '[]'))) $$;

-- Everyone whom the filters mean, whether or not they may be written to.
create function private.audience(k public.campanhas) returns setof public.medicos
language plpgsql stable set search_path = ''
as $$
declare
  v_especialidades smallint[] := array(
    select private.specialty_named(e) from unnest(private.words_of(k.publico, 'especialidades')) e);
  v_regioes text[] := private.words_of(k.publico, 'regioes');
  v_estados text[] := array(select s from unnest(v_regioes) r, unnest(private.states_of(r)) s);
  v_cidades text[] := array(select private.plain(btrim(r)) from unnest(v_regioes) r);
  v_stages text[] := private.words_of(k.publico, 'stages');
  v_outras uuid[] := private.words_of(k.publico, 'excluir_campanhas')::uuid[];
begin
  return query
    select m.* from public.medicos m
     where not m.canario and m.deleted_at is null and m.merged_into is null
       and (v_especialidades = '{}' or m.especialidade_id = any (v_especialidades))
       and (v_regioes = '{}' or m.estado = any (v_estados)
            or private.plain(m.cidade) = any (v_cidades))
       and (v_stages = '{}' or m.stage_jornada = any (v_stages))
       and not exists (select from public.campanha_destinatarios d
                        where d.medico_id = m.id and d.campanha_id = any (v_outras)
                          and d.status = 'enviada');
end $$;

-- Raises what is wrong with a draft, in words that say how to put it right.
create function private.check_campaign(k public.campanhas) returns void
language plpgsql stable set search_path = ''
as $$
declare
  v_unknown text;
begin
  v_unknown := array_to_string(private.unknown_placeholders(k), ', ');
  if v_unknown <> '' then
    raise exception 'campaign %: nothing is known to put in place of %', k.id, v_unknown
      using errcode = '22023', hint = 'Texts may have {nome} and {especialidade}, and those of a '
        'campaign with vaga_id also {hospital}, {quando} and {valor}.';
  end if;
  select string_agg(f, ', ') into v_unknown from jsonb_object_keys(k.publico) f
   where f <> all (array['especialidades', 'regioes', 'stages', 'excluir_campanhas'])
      or jsonb_typeof(k.publico -> f) <> 'array';
  if v_unknown is not null then
    raise exception 'campaign %: publico has no filter %', k.id, v_unknown
      using errcode = '22023',
            hint = 'The filters are especialidades, regioes, stages, excluir_campanhas: lists.';
  end if;
  select string_agg(e, ', ') into v_unknown
    from unnest(private.words_of(k.publico, 'especialidades')) e
   where private.specialty_named(e) is null;
  if v_unknown is not null then
    raise exception 'campaign %: there is no specialty %', k.id, v_unknown
      using errcode = '22023', hint = 'Take the name from especialidades, or add an alias.';
  end if;
  select string_agg(r, ', ') into v_unknown from unnest(private.words_of(k.publico, 'regioes')) r
   where private.states_of(r) = '{}' and not exists (
     select from public.medicos where private.plain(cidade) = private.plain(btrim(r)));
  if v_unknown is not null then
    raise exception 'campaign %: no doctor lives in %', k.id, v_unknown
      using errcode = '22023', hint = 'A region is a city, two letters of a state, or one of norte, '
        'nordeste, centro-oeste, sudeste, sul.';
  end if;
  if k.vaga_id is not null and not private.is_offerable(k.vaga_id, null, api.agora()) then
    raise exception 'campaign %: its shift % is taken or past', k.id, k.vaga_id
      using errcode = '22023', hint = 'Name another in vaga_id.';
  end if;
end $$;

-- Whether the shift may still be offered to this doctor (null: to anybody): it is open, to come, and
-- the doctor has nothing booked at its hours. A hold ends nothing: within minutes it is a booking, or
-- gone.
create function private.is_offerable(p_vaga uuid, p_medico uuid, p_now timestamptz) returns boolean
language plpgsql stable set search_path = ''
as $$
declare
  v public.vagas;
begin
  select * into v from public.vagas where id = p_vaga;
  return found and private.is_open(v.status) and v.inicio > p_now and not exists (
    select from public.reservas r
     where r.medico_id = p_medico and r.vaga_id <> v.id and r.status = 'confirmada'
       and r.ocupacao && private.occupation(v));
end $$;

-- When the holds are over that keep the shift from this doctor: anybody's on it, the doctor's own on
-- its hours. Null: there are none.
create function private.held_until(p_vaga uuid, p_medico uuid, p_now timestamptz) returns timestamptz
language plpgsql stable set search_path = ''
as $$
declare
  v public.vagas;
begin
  select * into v from public.vagas where id = p_vaga;
  return (select max(r.expira_em) from public.reservas r
           where r.status = 'segurada' and r.expira_em > p_now
             and (r.vaga_id = v.id
                  or r.medico_id = p_medico and r.ocupacao && private.occupation(v)));
end $$;

-- When a conversation of the doctor's came to its end without an answer, if that was lately.
create function private.rests_until(p_medico uuid) returns timestamptz
language plpgsql stable set search_path = ''
as $$
begin
  return (select max(stage_at) + make_interval(days => private.setting_int('descanso_dias'))
            from public.conversations
           where medico_id = p_medico and stage = 'nao_respondeu');
end $$;

-- Why this doctor may not be written to in this campaign, and until when (null: not at all in it).
-- No motivo: may be. Asked when a campaign is looked at beforehand, when it is fed into the outbox,
-- and again at the claim of `p_fila`.
create function private.campaign_exclusion(
  m public.medicos, k public.campanhas, p_now timestamptz, p_fila uuid default null,
  out motivo text, out ate timestamptz)
language plpgsql stable set search_path = ''
as $$
declare
  v_at timestamptz;
  v_n integer;
  v_person uuid[];
begin
  -- Never.
  if m.opted_out then
    motivo := 'opt_out';
  elsif m.deleted_at is not null or m.merged_into is not null or m.canario then
    motivo := 'cadastro';
  elsif m.telefone is null
        and not exists (select from public.contact_identities where medico_id = m.id) then
    motivo := 'sem_telefone';
  elsif m.especialidade_id is null and k.corpo || array_to_string(k.aberturas, ' ')
        like '%{especialidade}%' then
    motivo := 'sem_especialidade';
  elsif k.vaga_id is not null and (
      not private.is_offerable(k.vaga_id, m.id, p_now)
      or exists (select from public.recusas_vagas
                  where medico_id = m.id and vaga_id = k.vaga_id)) then
    motivo := 'plantao';
  end if;
  if motivo is not null then
    return;
  end if;
  -- Not now.
  if k.vaga_id is not null then
    v_at := private.held_until(k.vaga_id, m.id, p_now);
    if v_at > p_now then
      motivo := 'plantao_segurado';
      ate := v_at;
      return;
    end if;
  end if;
  select coalesce(max(coalesce(expira_em, 'infinity')), '-infinity') into v_at
    from public.diretrizes where tipo = 'bloqueado' and medico_id = m.id;
  if v_at > p_now then
    motivo := 'bloqueado';
    ate := least(v_at, p_now + interval '1 day');
    return;
  end if;
  if m.sem_contato_ate > p_now then
    motivo := 'sem_contato';
    ate := m.sem_contato_ate;
    return;
  end if;
  -- Most of a big audience have never heard of us.
  if not exists (select from public.conversations where medico_id = m.id) then
    return;
  end if;
  select count(*) into v_n from public.campanha_destinatarios
   where medico_id = m.id and status = 'enviada'
     and enviada_em > coalesce(m.ultima_entrada_em, '-infinity');
  if v_n >= private.setting_int('campanha_sem_resposta') then
    motivo := 'sem_resposta';
    return;
  end if;
  if exists (select from public.conversations
              where medico_id = m.id and controlled_by = 'human'
                and status in ('active', 'paused', 'escalated')) then
    motivo := 'atendimento_humano';
    ate := p_now + interval '1 day';
    return;
  end if;
  v_at := private.rests_until(m.id);
  if v_at > p_now then
    motivo := 'descanso';
    ate := v_at;
    return;
  end if;
  v_at := m.ultima_entrada_em
          + make_interval(hours => private.setting_int('campanha_conversa_horas'));
  if v_at > p_now then
    motivo := 'em_conversa';
    ate := v_at;
    return;
  end if;
  -- What nobody knows to have arrived may have been read. Not the earlier attempts of `p_fila`.
  select greatest(
      (select max(enviada_em) from public.campanha_destinatarios
        where medico_id = m.id and status = 'enviada'),
      (select max(e.claimed_at)
         from public.fila_mensagens f join public.envios e on e.fila_id = f.id
        where f.medico_id = m.id and f.kind = 'campanha' and f.id is distinct from p_fila
          and e.status in ('incerto', 'nao_confirmado')))
    + make_interval(days => private.setting_int('campanha_intervalo_dias')) into v_at;
  if v_at > p_now then
    motivo := 'intervalo';
    ate := v_at;
    return;
  end if;
  v_person := private.united_in(m.id);
  -- The contact that has to leave the window before there is room for another.
  select min(x.claimed_at) + interval '7 days' into v_at
    from (select e.claimed_at,
                 row_number() over (order by e.claimed_at desc) as n, own.max_semana_medico as cap
            from public.envios e
            join public.regras_envio r on r.kind = e.kind and r.max_semana_medico is not null
            join public.regras_envio own on own.kind = 'campanha'
           where e.medico_id = any (v_person) and e.conta
             and e.claimed_at > p_now - interval '7 days') x
   where x.n <= x.cap
  having count(*) >= min(x.cap);
  if v_at > p_now then
    motivo := 'limite_semanal';
    ate := v_at;
    return;
  end if;
  if exists (select from public.fila_mensagens f
               join public.regras_envio r on r.kind = f.kind and r.proativo
              where f.medico_id = m.id and f.id is distinct from p_fila and r.kind <> 'lembrete'
                and (f.status in ('processando', 'incerta')
                     or f.status = 'pendente' and (f.kind <> 'campanha' or p_fila is null))) then
    motivo := 'envio_em_aberto';
    ate := p_now + interval '1 hour';
  end if;
end $$;

-- What happens to the rows of a campaign when its status changes, by whomever.

create function private.campanhas_before_update() returns trigger
language plpgsql set search_path = ''
as $$
begin
  if old.status <> 'rascunho'
     and (new.tipo, new.corpo, new.aberturas, new.publico, new.quantidade_alvo, new.vaga_id)
         is distinct from
         (old.tipo, old.corpo, old.aberturas, old.publico, old.quantidade_alvo, old.vaga_id) then
    raise exception 'campaign % has begun: its texts and its audience stay as they are', old.id
      using errcode = '22023', hint = 'Cancel it and INSERT another one.';
  end if;
  -- Whoever lets it go on does not begin it before its time.
  if new.status = 'ativa' and new.agendar_para > api.agora() then
    new.status := 'agendada';
  end if;
  if new.status = old.status then
    return new;
  end if;
  if old.status in ('concluida', 'cancelada') then
    raise exception 'campaign % is over (%)', old.id, old.status
      using errcode = '22023', hint = 'INSERT another one.';
  end if;
  if new.iniciada_em is null and new.status <> 'cancelada' then
    raise exception 'campaign % has no recipients yet', old.id
      using errcode = '22023', hint = 'Start it: select api.campanha_iniciar(''{"campanha_id": "…", '
        '"por": "…"}'').';
  end if;
  new.concluida_em := case when new.status in ('concluida', 'cancelada') then api.agora() end;
  new.historico := old.historico || jsonb_build_object(
    'em', api.agora(), 'por', coalesce(new.alterada_por, current_user), 'status', new.status);
  -- Whoever changes it next is somebody else.
  new.alterada_por := null;
  return new;
end $$;

create trigger campanhas_before_update before update on public.campanhas
for each row execute function private.campanhas_before_update();

-- Withdraws what waits, or rings for it. A person's stop waits for the claims that are open, and those
-- that come after it wait for its commit and see it: the campaign's row before the status, both before
-- what waits, which an open claim may be about to take. The system ends only what has nothing left to
-- send or is refused by the claim's gate on its own account.
create function private.campanhas_after_status() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.status in ('concluida', 'cancelada') then
    update public.campanha_destinatarios
       set status = 'pulada', motivo = coalesce(motivo, 'campanha_encerrada'), nao_antes = null
     where campanha_id = new.id and status = 'pendente';
  end if;
  if new.status in ('pausada', 'cancelada') then
    perform pg_advisory_xact_lock(private.status_lock_key());
  end if;
  if new.status in ('concluida', 'cancelada') then
    perform private.cancel_part(f.id, 'BLOCKED_CAMPAIGNS_DISABLED')
       from (select id from public.fila_mensagens
              where campanha_id = new.id and status = 'pendente'
                -- A campaign may be over, and a person release what was in doubt.
                and (new.status = 'cancelada' or not liberada)
                for no key update skip locked) f;
  elsif new.status = 'ativa' then
    update public.fila_mensagens set next_ring_at = api.agora(), ring_count = 0
     where id in (select id from public.fila_mensagens
                   where campanha_id = new.id and status = 'pendente'
                     for no key update skip locked);
  end if;
  return null;
end $$;

create trigger campanhas_after_status after update of status on public.campanhas
for each row when (old.status <> new.status) execute function private.campanhas_after_status();

-- What became of a campaign's message is what became of its recipient.
create function private.fila_after_campaign() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  k public.campanhas;
  m public.medicos;
  x record;
begin
  if new.status = 'enviada' then
    -- The doctor's row before the recipient's: the order of everybody.
    update public.medicos set stage_jornada = 'msg_enviada'
     where id = new.medico_id and stage_jornada in ('novo', 'aguardando_resposta', 'nao_respondeu');
    update public.campanha_destinatarios
       set status = 'enviada', motivo = null, nao_antes = null, enviada_em = new.enviada_em
     where fila_id = new.id;
    return null;
  elsif new.status in ('erro', 'estacionada', 'bloqueada') then
    update public.campanha_destinatarios
       set status = 'pulada',
           motivo = case new.status when 'estacionada' then 'incerta' else 'falha_envio' end
     where fila_id = new.id;
    return null;
  end if;
  -- Withdrawn: another time, unless something of it may have been sent.
  select * into k from public.campanhas where id = new.campanha_id;
  select * into m from public.medicos where id = new.medico_id;
  x := private.campaign_exclusion(m, k, api.agora());
  if new.tentativas > 0 then
    x.motivo := 'falha_envio';
    x.ate := null;
  elsif k.status in ('concluida', 'cancelada') then
    x.motivo := 'campanha_encerrada';
    x.ate := null;
  elsif x.motivo is null then
    x.motivo := case new.outcome when 'EXPIRED' then 'vencida' else 'retirada' end;
    x.ate := api.agora() + interval '1 hour';
  end if;
  update public.campanha_destinatarios
     set status = case when x.ate is null then 'pulada' else 'pendente' end,
         motivo = x.motivo, nao_antes = x.ate
   where fila_id = new.id;
  return null;
end $$;

create trigger fila_after_campaign after update of status on public.fila_mensagens
for each row when (new.campanha_id is not null and old.status <> new.status
                   and new.status in ('enviada', 'cancelada', 'erro', 'estacionada', 'bloqueada'))
execute function private.fila_after_campaign();

-- One person was two recipients. Both contacts are locked.
create function private.merge_campaigns(p_loser uuid, p_winner uuid) returns void
language plpgsql set search_path = ''
as $$
declare
  d record;
begin
  for d in
    select l.campanha_id, l.status, l.fila_id, l.enviada_em, w.status as w_status
      from public.campanha_destinatarios l
      join public.campanha_destinatarios w
        on w.campanha_id = l.campanha_id and w.medico_id = p_winner
     where l.medico_id = p_loser
  loop
    if d.status = 'enviada' and d.w_status <> 'enviada' then
      update public.campanha_destinatarios
         set status = 'enviada', motivo = null, nao_antes = null, enviada_em = d.enviada_em
       where campanha_id = d.campanha_id and medico_id = p_winner;
    end if;
    delete from public.campanha_destinatarios
     where campanha_id = d.campanha_id and medico_id = p_loser;
    -- The copy that was on its way to the same person, in either row.
    perform private.cancel_part(f.id, 'DEDUPED') from (
      select id, row_number() over (order by created_at, id) as n from public.fila_mensagens
       where campanha_id = d.campanha_id and medico_id in (p_loser, p_winner)
         and status = 'pendente') f
     where f.n > 1 or d.status = 'enviada' or d.w_status = 'enviada';
  end loop;
  update public.campanha_destinatarios set medico_id = p_winner where medico_id = p_loser;
end $$;

-- The claim's gate.

-- Whether the doctor has answered since then, on whichever number; what was written before and came
-- days late is no answer. Provider's times are whole seconds.
create function private.answered_since(p_medico uuid, p_since timestamptz) returns boolean
language plpgsql stable set search_path = ''
as $$
begin
  return exists (select from public.interacoes
                  where medico_id = p_medico and tipo = 'entrada' and received_at >= p_since
                    and (situacao <> 'historico'
                         or provider_at >= date_trunc('second', p_since)));
end $$;

-- Whether what it offers is gone, or has other terms than it says.
create function private.offer_is_void(
  f public.fila_mensagens, m public.medicos, p_now timestamptz)
returns boolean
language plpgsql stable set search_path = ''
as $$
declare
  v public.vagas;
begin
  if not f.metadata ? 'vaga_id' then
    return false;
  end if;
  select * into v from public.vagas where id = (f.metadata ->> 'vaga_id')::uuid;
  return not private.is_offerable(v.id, m.id, p_now)
      or f.metadata ? 'termos' and jsonb_strip_nulls(private.terms(v)) <> f.metadata -> 'termos';
end $$;

-- Why the offer of a freed shift is not to be made any more, or null: what offer_shift looked at may have
-- been hours ago. A restriction that the doctor named before asking for this very shift is none.
create function private.waiting_offer_void(
  f public.fila_mensagens, m public.medicos, p_now timestamptz)
returns text
language plpgsql stable set search_path = ''
as $$
begin
  if m.deleted_at is not null or m.merged_into is not null then
    return 'cadastro';
  elsif private.is_held_back(m.id, p_now) then
    return 'atendimento_humano';
  elsif private.offer_is_void(f, m, p_now) or exists (
      select from public.lista_espera l
       where l.medico_id = m.id and l.vaga_id::text = f.metadata ->> 'vaga_id'
         and private.restricted_since(m.id, l.pedida_em)) then
    return 'plantao';
  end if;
  return null;
end $$;

-- Why what a person has released may not go after all, or null: nothing that the person could see
-- binds it, but what has come since.
create function private.released_void(
  f public.fila_mensagens, m public.medicos, k public.campanhas, p_now timestamptz)
returns text
language plpgsql stable set search_path = ''
as $$
begin
  return case
    when k.status = 'cancelada' then 'campanha_encerrada'
    when private.offer_is_void(f, m, p_now) then 'plantao'
    -- While it is parked, it is being released.
    when f.status = 'pendente' and private.answered_since(m.id, (
           select max(created_at) from public.decisoes_envio
            where fila_id = f.id and decisao = 'liberar')) then 'respondeu' end;
end $$;

-- Whether what is written of our own accord to many, or after a silence, may still go; called by
-- the claim for every proactive part. No motivo: it may. `fim`: never any more, by `outcome`; else
-- it waits for `retry`.
create function private.campaign_gate(
  f public.fila_mensagens, m public.medicos, p_now timestamptz,
  out motivo text, out outcome text, out retry interval, out fim boolean)
language plpgsql stable set search_path = ''
as $$
declare
  k public.campanhas;
begin
  fim := false;
  if f.kind not in ('followup', 'oferta') and f.campanha_id is null then
    return;
  end if;
  select * into k from public.campanhas where id = f.campanha_id;
  if f.liberada and k.status is distinct from 'pausada' then
    motivo := private.released_void(f, m, k, p_now);
    outcome := case motivo when 'campanha_encerrada' then 'BLOCKED_CAMPAIGNS_DISABLED'
                           else 'SUPERSEDED' end;
    fim := motivo is not null;
  elsif f.kind in ('followup', 'oferta') then
    motivo := case f.kind when 'followup' then private.followup_void(f, m, p_now)
                          else private.waiting_offer_void(f, m, p_now) end;
    outcome := 'SUPERSEDED';
    fim := motivo is not null;
  elsif k.status in ('concluida', 'cancelada') or not f.liberada and k.termina_em <= p_now then
    motivo := 'campanha_encerrada';
    outcome := 'BLOCKED_CAMPAIGNS_DISABLED';
    fim := true;
  elsif k.status <> 'ativa' then
    motivo := 'campanha_pausada';
    outcome := 'BLOCKED_CAMPAIGNS_DISABLED';
    retry := interval '5 minutes';
  else
    motivo := coalesce((private.campaign_exclusion(m, k, p_now, f.id)).motivo,
                       case when private.answered_since(m.id, f.created_at) then 'respondeu' end);
    outcome := case motivo
      when 'opt_out' then 'BLOCKED_OPTED_OUT' when 'sem_contato' then 'BLOCKED_OPTED_OUT'
      when 'descanso' then 'BLOCKED_COOLING_OFF' when 'intervalo' then 'BLOCKED_CAMPAIGN_COOLDOWN'
      when 'sem_resposta' then 'BLOCKED_CONTACT_CAP'
      when 'limite_semanal' then 'BLOCKED_CONTACT_CAP'
      when 'atendimento_humano' then 'BLOCKED_HUMAN_CONTROL'
      when 'envio_em_aberto' then 'BLOCKED_NEXT_ALLOWED'
      else 'SUPERSEDED' end;
    fim := motivo is not null;
  end if;
end $$;

-- Feeding.

-- The doctor's open conversation on this number, locked, made if there is none. Null: somebody has
-- it.
create function private.conversation_on(p_medico uuid, p_instance text) returns public.conversations
language plpgsql set search_path = ''
as $$
declare
  c public.conversations;
begin
  insert into public.conversations (medico_id, instance)
  select p_medico, p_instance where not exists (
    select from public.conversations
     where medico_id = p_medico and instance = p_instance
       and status in ('active', 'paused', 'escalated'))
  on conflict do nothing;
  perform 1 from public.conversations
    where medico_id = p_medico and instance = p_instance
      and status in ('active', 'paused', 'escalated')
    for no key update skip locked;
  if found then
    select * into c from public.conversations
     where medico_id = p_medico and instance = p_instance
       and status in ('active', 'paused', 'escalated');
  end if;
  return c;
end $$;

-- Begins what is scheduled for now, and ends what has nothing left to do or has run out of time.
create function private.settle_campaigns(p_now timestamptz) returns void
language plpgsql set search_path = ''
as $$
begin
  update public.campanhas set status = 'ativa', alterada_por = 'agenda'
   where status = 'agendada' and agendar_para <= p_now;
  update public.campanhas k set status = 'concluida', alterada_por = 'sistema'
   where k.status in ('ativa', 'pausada') and (
     k.termina_em <= p_now
     or k.vaga_id is not null and not private.is_offerable(k.vaga_id, null, p_now)
     or k.status = 'ativa' and not exists (
          select from public.campanha_destinatarios
           where campanha_id = k.id and status = 'pendente')
        and not exists (select from public.campanha_destinatarios
                         where campanha_id = k.id and status = 'na_fila'));
end $$;

-- How many more messages of the campaigns each number may have waiting; none if it may send none.
create function private.campaign_room(p_campanhas uuid[], p_now timestamptz) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_object_agg(w.instance, case
             when w.state in ('close', 'refused') or private.number_share(w, p_now) = 0 then 0
             else greatest(0, private.setting_int('campanha_janela') - (
               select count(*) from public.fila_mensagens
                where campanha_id = any (p_campanhas) and instance = w.instance
                  and status = 'pendente')) end), '{}')
      from public.whatsapp_instances w);
end $$;

-- Puts one recipient's message into the outbox. What became of it: 'na_fila', 'adiada', 'pulada',
-- or null: its number has no room. `atribuido`: that number is new to the doctor.
create function private.feed_recipient(
  k public.campanhas, p_medico uuid, p_room jsonb, p_doctors jsonb, p_now timestamptz,
  out resultado text, out numero text, out atribuido boolean)
language plpgsql set search_path = ''
as $$
declare
  m public.medicos;
  c public.conversations;
  x record;
  v_abertura text;
  v_id uuid := gen_random_uuid();
begin
  select * into m from public.medicos where id = p_medico;
  x := private.campaign_exclusion(m, k, p_now);
  if x.motivo is null then
    numero := private.number_for(m.id, p_doctors);
    atribuido := m.instance is null and numero is not null;
    if numero is null then
      x.motivo := 'sem_numero';
      x.ate := p_now + interval '1 hour';
    elsif private.paused_for(m.id, numero, k.id) then
      x.motivo := 'pausa';
      x.ate := p_now + interval '10 minutes';
    elsif (p_room ->> numero)::integer <= 0 then
      return;
    else
      c := private.conversation_on(m.id, numero);
      if c.id is null then
        x.motivo := 'ocupada';
        x.ate := p_now + interval '1 minute';
      else
        -- Its campaign may just have ended, or another contact have become this one.
        perform 1 from public.campanha_destinatarios
          where campanha_id = k.id and medico_id = m.id and status = 'pendente'
          for no key update skip locked;
        if not found then
          return;
        end if;
      end if;
    end if;
  end if;
  if x.motivo is not null then
    resultado := case when x.ate is null then 'pulada' else 'adiada' end;
    update public.campanha_destinatarios
       set status = case when x.ate is null then 'pulada' else 'pendente' end,
           motivo = x.motivo, nao_antes = x.ate
     where campanha_id = k.id and medico_id = m.id and status = 'pendente';
    return;
  end if;
  v_abertura := private.opening_for(k, m.id);
  perform private.enqueue_proactive(
    v_id, c.id, 'campanha', private.campaign_text(k, m, v_abertura), p_now,
    least(p_now + interval '3 days', k.termina_em),
    case when k.vaga_id is null then '{}' else jsonb_build_object('vaga_id', k.vaga_id) end, k.id);
  perform private.tell_shift(c.id, k.vaga_id);
  update public.campanha_destinatarios
     set status = 'na_fila', motivo = null, nao_antes = null, abertura = v_abertura, fila_id = v_id
   where campanha_id = k.id and medico_id = m.id;
  resultado := 'na_fila';
end $$;

-- The doctor's "quero" comes in a turn that must know which shift this was.
create function private.tell_shift(p_conversa uuid, p_vaga uuid) returns void
language sql volatile set search_path = ''
as $$
  insert into public.fatos_conversa (conversa_id, tipo, chave, dados)
  select p_conversa, 'vaga', v.id::text, private.shift_json(v)
    from public.vagas v where v.id = p_vaga
  on conflict (conversa_id, tipo, chave) do update
     set dados = excluded.dados, updated_at = api.agora()
$$;

-- One transaction's worth: a window of messages for each number, so that a stop, an opt-out or a
-- sick number finds little that waits. `mais`: there is room left and there are recipients left.
create function api.feed_campaigns(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_limit bigint := private.need_int(p, 'limit');
  v_now timestamptz := api.agora();
  v_active uuid[];
  v_room jsonb;
  -- How many doctors each number has, counted once: number_for would for each of them.
  v_doctors jsonb;
  d record;
  k public.campanhas;
  r record;
  v_seen integer := 0;
  v_fed integer := 0;
  v_put_off integer := 0;
  v_skipped integer := 0;
begin
  -- Two at once would each fill the window.
  if pg_try_advisory_xact_lock(hashtextextended('feed_campaigns', 0)) then
    perform private.settle_campaigns(v_now);
    -- Outside the hours it would pile up, and go out all at once.
    if not private.paused() and private.opens_at(v_now) is null then
      v_active := array(
        select id from public.campanhas a
         where a.status = 'ativa' and not exists (
           select from public.pausas
            where escopo = jsonb_build_object('campanha', a.id) and coalesce(ate > v_now, true)));
    end if;
  end if;
  v_room := private.campaign_room(coalesce(v_active, '{}'), v_now);
  select jsonb_object_agg(w.instance, (select count(*) from public.medicos m
                                        where m.instance = w.instance))
    into v_doctors from public.whatsapp_instances w;
  for d in
    select w.campanha_id, w.medico_id
      from (select t.campanha_id, t.medico_id, n.instance, row_number() over (
                     partition by n.instance order by a.iniciada_em, a.id, t.medico_id) as place
              from public.campanha_destinatarios t
              join public.campanhas a on a.id = t.campanha_id
              join public.medicos n on n.id = t.medico_id
             where t.status = 'pendente' and t.campanha_id = any (v_active)
               and coalesce(t.nao_antes <= v_now, true)) w
     -- Who has no number yet takes what room there is anywhere.
     where w.place <= coalesce((v_room ->> w.instance)::integer, (
             select sum(value::integer) from jsonb_each_text(v_room)))
     order by w.place limit v_limit
  loop
    v_seen := v_seen + 1;
    select * into k from public.campanhas where id = d.campanha_id;
    r := private.feed_recipient(k, d.medico_id, v_room, v_doctors, v_now);
    if r.atribuido then
      v_doctors := jsonb_set(v_doctors, array[r.numero],
                             to_jsonb((v_doctors ->> r.numero)::bigint + 1));
    end if;
    if r.resultado = 'na_fila' then
      v_fed := v_fed + 1;
      v_room := jsonb_set(v_room, array[r.numero],
                          to_jsonb((v_room ->> r.numero)::integer - 1));
    elsif r.resultado = 'adiada' then
      v_put_off := v_put_off + 1;
    elsif r.resultado = 'pulada' then
      v_skipped := v_skipped + 1;
    end if;
  end loop;
  return jsonb_build_object(
    'enfileiradas', v_fed, 'adiadas', v_put_off, 'puladas', v_skipped,
    'mais', v_put_off + v_skipped > 0 or v_fed > 0 and v_seen = v_limit);
end $$;

-- For people.

create function private.need_campaign(p jsonb) returns public.campanhas
language plpgsql stable set search_path = ''
as $$
declare
  v_id uuid := private.need_uuid(p, 'campanha_id');
  k public.campanhas;
begin
  select * into k from public.campanhas where id = v_id;
  if not found then
    raise exception 'campaign % does not exist', v_id
      using errcode = 'P0002', hint = 'The ids are in the table campanhas.';
  end if;
  return k;
end $$;

create function private.lock_campaign(p jsonb) returns public.campanhas
language plpgsql set search_path = ''
as $$
begin
  perform 1 from public.campanhas where id = private.need_uuid(p, 'campanha_id') for no key update;
  return private.need_campaign(p);
end $$;

-- How often each word is there, such as a reason or a number: {word: how many}.
create function private.tally(p_words text[]) returns jsonb
language sql immutable set search_path = ''
as $$
  select coalesce(jsonb_object_agg(w, n), '{}')
    from (select w, count(*) as n from unnest(p_words) w where w is not null group by w) t
$$;

-- How many messages of ours a number may begin with in a day of twelve hours.
create function private.daily_reach(
  w public.whatsapp_instances, p_max_hora bigint, p_max_dia bigint, p_now timestamptz)
returns bigint
language sql stable set search_path = ''
as $$
  select case when share = 0 then 0 else
    least(greatest(1, floor(p_max_dia * 0.6 * share)),
          12 * least(greatest(1, floor(p_max_hora * 0.6 * share)), r.max_hora_numero))::bigint end
    from private.number_share(w, p_now) share, public.regras_envio r where r.kind = 'campanha'
$$;

create function api.campanha_previa(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  k public.campanhas := private.need_campaign(p);
  v_max_hora bigint := coalesce((p ->> 'max_hora')::bigint, 15);
  v_max_dia bigint := coalesce((p ->> 'max_dia')::bigint, 80);
  v_now timestamptz := api.agora();
  v_answer jsonb;
  v_numbers jsonb;
  v_unassigned bigint;
  v_days bigint;
  v_reach bigint;
begin
  perform private.check_campaign(k);
  with everyone as materialized (
    select m.id, m.instance, x.motivo, x.ate
      from private.audience(k) m cross join lateral private.campaign_exclusion(m, k, v_now) x
  ), chosen as materialized (
    select id, instance, motivo from everyone where motivo is null or ate is not null
     order by motivo is not null, private.share_of(k.id::text || id::text) limit k.quantidade_alvo
  )
  select jsonb_build_object(
      'publico', (select count(*) from everyone),
      'alvo', (select count(*) from chosen),
      'por_numero', (select private.tally(array_agg(coalesce(instance, 'a_distribuir')))
                       from chosen),
      'adiados', (select private.tally(array_agg(motivo)) from chosen),
      'excluidos', (select private.tally(array_agg(motivo))
                      from everyone where motivo is not null and ate is null))
    into v_answer;
  v_numbers := v_answer -> 'por_numero';
  v_unassigned := coalesce((v_numbers ->> 'a_distribuir')::bigint, 0);
  with reach as (
    select w.instance, w.recebe_medicos, private.daily_reach(w, v_max_hora, v_max_dia, v_now) as n
      from public.whatsapp_instances w
  )
  select sum(n) filter (where v_numbers ? instance or v_unassigned > 0 and recebe_medicos),
         -- Null where a number that has doctors of the campaign may send nothing.
         case when bool_or(n = 0 and v_numbers ? instance)
                or v_unassigned > 0 and coalesce(sum(n) filter (where recebe_medicos), 0) = 0
              then null
              else max(ceil((coalesce((v_numbers ->> instance)::numeric, 0)
                + case when recebe_medicos then v_unassigned * n
                         / nullif((select sum(o.n) from reach o where o.recebe_medicos), 0)
                       else 0 end) / nullif(n, 0))) end
    into v_reach, v_days from reach;
  return v_answer || jsonb_build_object(
    'por_dia', coalesce(v_reach, 0), 'dias_uteis', v_days,
    'exemplo', private.campaign_text(k, jsonb_populate_record(null::public.medicos,
        jsonb_build_object('primeiro_nome', 'Ana', 'especialidade_id', coalesce(
          private.specialty_named(k.publico #>> '{especialidades,0}'),
          (select min(id) from public.especialidades)))),
      private.opening_for(k, null)));
end $$;

create function api.campanha_iniciar(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  k public.campanhas := private.lock_campaign(p);
  v_por text := private.need_text(p, 'por');
  v_now timestamptz := api.agora();
  v_drawn bigint;
begin
  if k.iniciada_em is not null then
    return private.campaign_progress(k) || '{"ja_iniciada": true}';
  elsif k.status <> 'rascunho' then
    raise exception 'campaign % is over (%)', k.id, k.status
      using errcode = '22023', hint = 'INSERT another one.';
  end if;
  perform private.check_campaign(k);
  if k.termina_em <= v_now then
    raise exception 'campaign % would end before it began (termina_em %)', k.id, k.termina_em
      using errcode = '22023', hint = 'UPDATE its termina_em; null means 30 days from the start.';
  end if;
  insert into public.campanha_destinatarios (campanha_id, medico_id)
  select k.id, m.id
    from private.audience(k) m cross join lateral private.campaign_exclusion(m, k, v_now) x
   where x.motivo is null or x.ate is not null
   -- First who may be written to now, in an order that is nobody's privilege.
   order by x.motivo is not null, private.share_of(k.id::text || m.id::text)
   limit k.quantidade_alvo;
  get diagnostics v_drawn = row_count;
  if v_drawn = 0 then
    raise exception 'campaign %: its filters leave nobody who may be written to', k.id
      using errcode = '22023', hint = 'select api.campanha_previa(…) says why.';
  end if;
  update public.campanhas
     set status = 'ativa', iniciada_em = v_now, alterada_por = v_por,
         termina_em = coalesce(termina_em,
                               greatest(v_now, agendar_para) + interval '30 days')
   where id = k.id returning * into k;
  return private.campaign_progress(k);
end $$;

-- Moves a campaign to `p_to` from one of `p_from`; there already, nothing changes.
create function private.move_campaign(p jsonb, p_to text, p_from text[]) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  k public.campanhas := private.lock_campaign(p);
  v_por text := private.need_text(p, 'por');
begin
  if k.status <> p_to then
    if k.status <> all (p_from) then
      raise exception 'campaign % is % and cannot become %', k.id, k.status, p_to
        using errcode = '22023', hint = 'It would have to be ' || array_to_string(p_from, ' or ')
          || '.';
    end if;
    update public.campanhas set status = p_to, alterada_por = v_por
     where id = k.id returning * into k;
  end if;
  return private.campaign_progress(k);
end $$;

create function api.campanha_pausar(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$ begin return private.move_campaign(p, 'pausada', array['ativa', 'agendada']); end $$;

create function api.campanha_retomar(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$ begin return private.move_campaign(p, 'ativa', array['pausada']); end $$;

create function api.campanha_cancelar(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
begin
  return private.move_campaign(
    p, 'cancelada', array['rascunho', 'agendada', 'ativa', 'pausada']);
end $$;

create function private.campaign_progress(k public.campanhas) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return jsonb_build_object(
      'id', k.id, 'nome', k.nome, 'tipo', k.tipo, 'status', k.status,
      'iniciada_em', k.iniciada_em, 'termina_em', k.termina_em, 'concluida_em', k.concluida_em)
    || (
    select jsonb_build_object(
        'destinatarios', count(*),
        'pendentes', count(*) filter (where d.status = 'pendente'),
        'na_fila', count(*) filter (where d.status = 'na_fila'),
        'enviadas', count(*) filter (where d.status = 'enviada'),
        'entregues', count(*) filter (where f.ack_status in ('DELIVERY_ACK', 'READ', 'PLAYED')),
        'lidas', count(*) filter (where f.ack_status in ('READ', 'PLAYED')),
        'respostas', count(d.respondida_em),
        'opt_outs', count(*) filter (where m.opted_out_at > d.enviada_em),
        'adiadas', private.tally(array_agg(d.motivo) filter (where d.status = 'pendente')),
        'puladas', private.tally(array_agg(d.motivo) filter (where d.status = 'pulada')),
        'enviadas_por_numero',
          private.tally(array_agg(f.instance) filter (where d.status = 'enviada')))
      from public.campanha_destinatarios d
      join public.medicos m on m.id = d.medico_id
      left join public.fila_mensagens f on f.id = d.fila_id
     where d.campanha_id = k.id);
end $$;

create function api.campanha_progresso(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_id uuid := case when p ->> 'campanha_id' is not null
                    then private.need_uuid(p, 'campanha_id') end;
begin
  return jsonb_build_object('campanhas', (
    select coalesce(jsonb_agg(private.campaign_progress(k) order by k.created_at desc), '[]')
      from public.campanhas k where v_id is null or k.id = v_id));
end $$;

alter table public.aberturas enable row level security;
alter table public.campanhas enable row level security;
alter table public.campanha_destinatarios enable row level security;
