-- What a turn is told beside the messages, and what it leaves behind.

-- Where a text falls between 0 and 1, always in the same place.
create function private.share_of(conteudo text) returns numeric
language sql immutable
as $$ select ('x' || left(md5(conteudo), 8))::bit(32)::bigint / 4294967296.0 $$;

-- The persona of this doctor: the one given before while it is active, else drawn by weight.
create function private.persona_of(p_medico uuid) returns public.prompts
language plpgsql set search_path = ''
as $$
declare
  v_prompt public.prompts;
begin
  select p.* into v_prompt
    from public.prompt_atribuicoes a join public.prompts p on p.id = a.prompt_id
   where a.medico_id = p_medico and p.ativo;
  if found then
    return v_prompt;
  end if;
  with active as (
    select p.id, p.peso, p.especialidade_id is not null as special
      from public.prompts p join public.medicos m on m.id = p_medico
     where p.tipo = 'persona' and p.ativo
       and (p.especialidade_id is null or p.especialidade_id = m.especialidade_id)
  ), shares as (
    select id, sum(peso) over (order by id) as upto, sum(peso) over () as total
      from active where special = (select bool_or(special) from active)
  )
  select p.* into v_prompt from shares s join public.prompts p on p.id = s.id
   where private.share_of(p_medico::text) * s.total < s.upto
   order by s.upto limit 1;
  insert into public.prompt_atribuicoes (medico_id, prompt_id) values (p_medico, v_prompt.id)
  on conflict (medico_id) do update set prompt_id = excluded.prompt_id, created_at = api.agora();
  return v_prompt;
end $$;

-- What every turn asks is in plpgsql, because there the plans are kept.

-- The shadow that drafts along with this turn, or null; the same however often it begins.
create function private.shadow_of(p_turno uuid) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select jsonb_build_object('prompt_id', id, 'modelo', modelo) from public.prompts
     where tipo = 'sombra' and ativo and private.share_of(p_turno::text || id) < fracao
     order by id limit 1);
end $$;

-- What is known of a doctor that bears on these words: restrictions first and whatever the words,
-- then by the number of words found, by stem or nearly spelt; what room is left, preferences have.
create function private.memories(p_medico uuid, p_words text) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    with asked as materialized (
      select private.plain(w) as word, tsvector_to_array(private.lexemes(w)) as lexemes
        from (select distinct lower(w) as w
                from regexp_split_to_table(p_words, '[\s[:punct:]]+') w
               where length(w) between 3 and 40) words
       where private.lexemes(w) <> ''
       order by length(w) desc limit 30
    ), known as materialized (
      select *, tsvector_to_array(busca) as lexemes
        from public.doctor_context where medico_id = p_medico
       -- So that the time of a turn is bounded whatever was noted over the years.
       order by tipo = 'restricao' desc, updated_at desc limit 200
    ), found as (
      select d.id, d.tipo, d.content, d.confianca, d.updated_at,
             (select count(*) from asked a
               where d.lexemes && a.lexemes
                  or length(a.word) >= 5
                     and extensions.word_similarity(a.word, d.plano) >= 0.5) as words
        from known d
    ), first as (
      select *, row_number() over (order by tipo = 'restricao' desc, words desc,
                                            confianca desc, updated_at desc, id) as place
        from found where words > 0 or tipo in ('restricao', 'preferencia')
    )
    select coalesce(jsonb_agg(jsonb_build_object(
             'id', id, 'tipo', tipo, 'conteudo', content, 'confianca', confianca)
             order by place), '[]')
      from first where place <= 5);
end $$;

-- What is meant for this doctor before what is meant for all, which could leave no room for it.
create function private.directives(c public.conversations) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  v_now timestamptz := api.agora();
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
             'tipo', d.tipo, 'conteudo', d.conteudo, 'vaga_id', d.vaga_id)
             order by d.medico_id is null, d.prioridade desc, d.created_at desc, d.id), '[]')
      from (select * from public.diretrizes
             where (medico_id is null or medico_id = c.medico_id)
               and coalesce(expira_em > v_now, true)
             order by medico_id is null, prioridade desc, created_at desc, id limit 12) d);
end $$;

-- Drafts of shadows are the company's curiosity: they count for the day, against no doctor.
create function private.spent(c public.conversations) returns jsonb
language plpgsql stable set search_path = ''
as $$
declare
  v_today date := (api.agora() at time zone 'America/Sao_Paulo')::date;
  v_midnight timestamptz := v_today::timestamp at time zone 'America/Sao_Paulo';
begin
  return (
    select jsonb_build_object(
      'conversa_usd', mine.usd, 'conversa_tokens', mine.tokens,
      'medico_dia_usd', (
        select coalesce(sum(t.custo_usd), 0)
          from public.conversations k join public.turnos t on t.conversa_id = k.id
         where k.medico_id = c.medico_id and t.outcome <> 'sombra'
           and t.committed_at >= v_midnight),
      'dia_usd', (select coalesce(sum(usd), 0) from public.custos_dia where dia = v_today))
      from (select coalesce(sum(custo_usd), 0) as usd,
                   coalesce(sum(coalesce(input_tokens, 0) + coalesce(output_tokens, 0)
                              + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)), 0)
                     as tokens
              from public.turnos where conversa_id = c.id and outcome <> 'sombra') mine);
end $$;

-- What begin_turn adds to the messages. The caller holds the conversation, whose lease is taken.
create function private.turn_knowledge(c public.conversations) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  v_prompt public.prompts := private.persona_of(c.medico_id);
begin
  return jsonb_build_object(
    'resumo', c.resumo, 'resumo_ate', c.resumo_ate,
    'prompt', jsonb_build_object('id', v_prompt.id, 'versao', v_prompt.versao),
    'sombra', private.shadow_of(c.lease_turno_id),
    'memorias', private.memories(c.medico_id, (
      select coalesce(string_agg(concat_ws(' ', conteudo, leitura), ' '), '')
        from public.interacoes where conversa_id = c.id and situacao = 'pendente')),
    'diretrizes', private.directives(c),
    'fatos', (select coalesce(jsonb_agg(jsonb_build_object(
                'tipo', f.tipo, 'chave', f.chave, 'dados', f.dados) order by f.updated_at, f.chave), '[]')
                from (select * from public.fatos_conversa where conversa_id = c.id
                       order by updated_at desc, chave limit 40) f),
    'handoffs', (select coalesce(jsonb_agg(jsonb_build_object(
                   'trigger_type', h.trigger_type, 'motivo', h.motivo, 'created_at', h.created_at,
                   'resolvido_em', h.resolvido_em) order by h.created_at desc), '[]')
                   from (select * from public.handoffs where conversa_id = c.id
                          order by created_at desc limit 5) h),
    'gasto', private.spent(c));
end $$;

-- What commit_turn applies: each takes the field of the same name of `effects`, absent or null
-- included. The caller holds the conversation and has written the turn's row.

-- `memorias`: said again, it is the same memory.
create function private.remember(c public.conversations, p_turno uuid, p jsonb) returns void
language sql volatile set search_path = ''
as $$
  insert into public.doctor_context (medico_id, content, source, tipo, confianca, turno_id)
  select distinct on (md5(private.plain(said.content)))
         c.medico_id, said.content, 'julia', said.tipo, said.confianca, p_turno
    from (select left(btrim(m ->> 'conteudo'), 1000) as content, m ->> 'tipo' as tipo,
                 least(1, greatest(0, coalesce((m ->> 'confianca')::real, 0.8))) as confianca, n
            from jsonb_array_elements(coalesce(nullif(p, 'null'), '[]')) with ordinality as t (m, n)) said
   where said.content <> ''
   order by md5(private.plain(said.content)), said.n desc
  on conflict (medico_id, md5(plano)) do update
     set tipo = excluded.tipo, confianca = excluded.confianca, turno_id = excluded.turno_id,
         updated_at = api.agora()
$$;

-- `fatos`: of one thing, the last result counts.
create function private.note_facts(c public.conversations, p_turno uuid, p jsonb) returns void
language sql volatile set search_path = ''
as $$
  insert into public.fatos_conversa (conversa_id, tipo, chave, dados, turno_id)
  select distinct on (f ->> 'tipo', f ->> 'chave')
         c.id, f ->> 'tipo', f ->> 'chave', f -> 'dados', p_turno
    from jsonb_array_elements(coalesce(nullif(p, 'null'), '[]')) with ordinality as t (f, n)
   order by f ->> 'tipo', f ->> 'chave', n desc
  on conflict (conversa_id, tipo, chave) do update
     set dados = excluded.dados, turno_id = excluded.turno_id, updated_at = api.agora()
$$;

-- Puts what we send of our own accord, or were asked to send later, into the conversation's outbox.
-- The caller holds the conversation.
create function private.enqueue_proactive(
  p_id uuid, p_conversa uuid, p_kind text, p_conteudo text, p_quando timestamptz,
  p_expira timestamptz, p_metadata jsonb, p_campanha uuid default null)
returns void
language plpgsql set search_path = ''
as $$
declare
  c public.conversations;
begin
  update public.conversations set turn_seq = turn_seq + 1 where id = p_conversa returning * into c;
  insert into public.fila_mensagens
    (id, medico_id, conversa_id, instance, turn_seq, part, kind, tipo, conteudo, prioridade,
     control_epoch, agendar_para, expira_em, next_ring_at, metadata, campanha_id)
  select p_id, c.medico_id, c.id, c.instance, c.turn_seq, 1, r.kind, r.kind, p_conteudo,
         r.prioridade, c.control_epoch, p_quando, p_expira, p_quando, p_metadata, p_campanha
    from public.regras_envio r where r.kind = p_kind;
end $$;

-- `lembretes`: one of the same minute is that one, worded anew.
create function private.remind(c public.conversations, p_turno uuid, p jsonb) returns void
language plpgsql set search_path = ''
as $$
declare
  r record;
begin
  for r in
    select n, m ->> 'mensagem' as mensagem,
           jsonb_build_object(
             'turno_id', p_turno, 'contexto', m ->> 'contexto',
             'reservas', private.bookings_to_speak_of(c.medico_id)) as metadata,
           greatest((m ->> 'quando')::timestamptz, api.agora()) as quando
      from jsonb_array_elements(coalesce(nullif(p, 'null'), '[]')) with ordinality as t (m, n)
     order by n
  loop
    update public.fila_mensagens set conteudo = r.mensagem, metadata = r.metadata
     where conversa_id = c.id and status = 'pendente' and kind = 'lembrete'
       and date_trunc('minute', agendar_para) = date_trunc('minute', r.quando);
    continue when found;
    perform private.enqueue_proactive(
      md5(c.id::text || ':' || p_turno::text || ':lembrete:' || r.n)::uuid, c.id, 'lembrete',
      r.mensagem, r.quando, r.quando + interval '12 hours', r.metadata);
  end loop;
end $$;

-- `opt_out`: this shift, this month, or for good; then the caller holds all of the contact.
create function private.opt_out_scoped(c public.conversations, p_turno uuid, p jsonb) returns void
language plpgsql set search_path = ''
as $$
declare
  v_at timestamptz;
begin
  if jsonb_typeof(p) is distinct from 'object' then
    return;
  end if;
  -- Shifts may be refused in the same breath as the month: both count.
  insert into public.recusas_vagas (medico_id, vaga_id, motivo, turno_id)
  select c.medico_id, v.id, private.need_text(p, 'motivo'), p_turno
    from public.vagas v
   where v.id = (p ->> 'vaga_id')::uuid
      or v.id = any (array(select x::uuid from jsonb_array_elements_text(
                             coalesce(nullif(p -> 'outras_vagas', 'null'), '[]')) x))
  on conflict (medico_id, vaga_id) do nothing;
  case private.need_word(p, 'escopo', 'vaga', 'mes', 'definitivo')
  when 'vaga' then
    perform private.need_uuid(p, 'vaga_id');
  when 'mes' then
    perform private.opt_out_of_month(c.medico_id, api.agora());
  else
    -- What was read when it was said, and nothing that came after.
    select max(i.provider_at) into v_at
      from public.turnos t join public.interacoes i on i.conversa_id = c.id and i.tipo = 'entrada'
     where t.id = p_turno
       and (i.turno_id = p_turno or i.situacao = 'pendente' and i.inbox_seq <= t.inbox_seq);
    perform private.opt_out(c.id, coalesce(v_at, api.agora()), private.need_text(p, 'motivo'), true);
  end case;
end $$;

-- A notice for people; of one thing there is one of each kind.
create function private.notify_managers(
  p_tipo text, c public.conversations, p_referencia uuid, p_dados jsonb)
returns void
language sql volatile set search_path = ''
as $$
  insert into public.notificacoes_gestor (tipo, conversa_id, medico_id, referencia, dados)
  values (p_tipo, c.id, c.medico_id, p_referencia, coalesce(p_dados, '{}'))
  on conflict (tipo, referencia) where referencia is not null do nothing
$$;

create function api.get_prompt(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_prompt public.prompts;
begin
  select * into v_prompt from public.prompts where id = private.need_text(p, 'id');
  if not found then
    raise exception 'prompt % does not exist', p ->> 'id'
      using errcode = 'P0002', hint = 'The ids of all versions are in the table prompts.';
  end if;
  return jsonb_build_object('id', v_prompt.id, 'nome', v_prompt.nome, 'versao', v_prompt.versao,
                            'conteudo', v_prompt.conteudo);
end $$;

-- A row for what Claude cost outside a commit, once for each id. False: it is there already.
create function private.record_cost(
  p_id uuid, c public.conversations, p_outcome text, p_prompt text, p_rota text, u jsonb,
  p_answer jsonb)
returns boolean
language plpgsql set search_path = ''
as $$
begin
  if jsonb_typeof(u) is distinct from 'object' then
    perform private.argument_missing('usage', 'object with model, tokens, custo_usd, llm_ms');
  end if;
  insert into public.turnos
    (id, conversa_id, outcome, control_epoch, inbox_seq, tentativa, prompt_id, rota, chamadas, model,
     input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, custo_usd, llm_ms, answer,
     committed_at)
  values
    (p_id, c.id, p_outcome, c.control_epoch, c.inbox_seq, jsonb_array_length(c.lease_suspects) + 1,
     p_prompt, left(p_rota, 200), coalesce((u ->> 'chamadas')::integer, 1),
     private.need_text(u, 'model'), private.need_int(u, 'input_tokens'),
     private.need_int(u, 'output_tokens'), coalesce((u ->> 'cache_read_tokens')::integer, 0),
     coalesce((u ->> 'cache_write_tokens')::integer, 0),
     private.need_text(u, 'custo_usd')::numeric, private.need_int(u, 'llm_ms'), p_answer, api.agora())
  on conflict (id) do nothing;
  return found;
end $$;

create function api.record_spent(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  c public.conversations := private.lock_conversation(private.need_uuid(p, 'conversa_id'));
begin
  return jsonb_build_object('status', case when private.record_cost(
      private.need_uuid(p, 'op_id'), c, 'descartado', null, private.need_text(p, 'motivo'),
      p -> 'usage',
      -- What a commit of the same turn is told that comes after all: it was given up.
      '{"status": "recusado", "repetido": false, "motivo": "lease", "fila_ids": [],
        "doorbell": false, "more_due_in_ms": null}')
    then 'registrado' else 'ja_registrado' end);
end $$;

create function api.store_summary(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_op uuid := private.need_uuid(p, 'op_id');
  v_ate bigint := private.need_int(p, 'ate');
  v_resumo text := private.need_text(p, 'resumo');
  v_anterior bigint := case when p ->> 'anterior' is not null then private.need_int(p, 'anterior') end;
  c public.conversations := private.lock_conversation(private.need_uuid(p, 'conversa_id'));
  v_answer jsonb;
begin
  select answer into v_answer from public.turnos where id = v_op and outcome = 'resumo';
  if found then
    return v_answer;
  end if;
  -- What waits for an answer is not summed up yet, and must not end up on the far side.
  v_ate := least(v_ate, (select min(id) - 1 from public.interacoes
                          where conversa_id = c.id and situacao in ('pendente', 'rascunho')));
  update public.conversations set resumo = v_resumo, resumo_ate = v_ate
   where id = c.id and resumo_ate is not distinct from v_anterior
     and v_ate > coalesce(v_anterior, 0)
     -- Of a conversation that was united with another the messages are elsewhere.
     and exists (select from public.interacoes
                  where id = private.need_int(p, 'ate') and conversa_id = c.id);
  v_answer := jsonb_build_object('status', case when found then 'guardado' else 'desatualizado' end);
  perform private.record_cost(v_op, c, 'resumo', null, 'resumo', p -> 'usage', v_answer);
  return v_answer;
end $$;

-- Keeps a document that came with a message and tells the managers; the same file again is the same.
create function private.keep_document(i public.interacoes, c public.conversations, d jsonb) returns uuid
language plpgsql set search_path = ''
as $$
declare
  v_id uuid;
begin
  insert into public.documentos
    (medico_id, conversa_id, interacao_id, tipo, cifrado, sha256, mime, bytes)
  values (c.medico_id, c.id, i.id, private.need_text(d, 'tipo'), private.need_text(d, 'cifrado'),
          private.need_text(d, 'sha256'), private.need_text(d, 'mime'), private.need_int(d, 'bytes'))
  on conflict (interacao_id, sha256) do nothing
  returning id into v_id;
  if v_id is null then
    select id into v_id from public.documentos
     where interacao_id = i.id and sha256 = d ->> 'sha256';
  end if;
  perform private.notify_managers('documento', c, v_id, jsonb_build_object('tipo', d ->> 'tipo'));
  return v_id;
end $$;

create function api.store_reading(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_token uuid := private.need_uuid(p, 'token');
  v_leitura text := private.need_text(p, 'leitura');
  v_id bigint := private.need_int(p, 'interacao_id');
  c public.conversations := private.lock_conversation(private.need_uuid(p, 'conversa_id'));
  i public.interacoes;
  v_status text := 'perdido';
  v_document uuid;
begin
  select * into i from public.interacoes where id = v_id and tipo = 'entrada';
  if not found then
    raise exception 'message % does not exist', v_id
      using errcode = 'P0002', hint = 'interacao_id is the id of a pending message of begin_turn.';
  end if;
  if i.conversa_id <> c.id then
    -- United with another meanwhile: the document is kept where its message is now.
    select * into c from public.conversations where id = i.conversa_id;
  elsif c.lease_token is not distinct from v_token then
    update public.interacoes set leitura = v_leitura
     where id = i.id and leitura is null and apagada_em is null;
    v_status := case when found then 'guardada' else 'ja_guardada' end;
    perform private.note_suspicion(c, i.id, p -> 'suspeita_bot');
  end if;
  if jsonb_typeof(p -> 'documento') = 'object' then
    v_document := private.keep_document(i, c, p -> 'documento');
  end if;
  return jsonb_build_object('status', v_status, 'documento_id', v_document);
end $$;

create function api.store_shadow(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_turno uuid := private.need_uuid(p, 'turno_id');
  v_prompt text := private.need_text(p, 'prompt_id');
  v_cost uuid := md5(v_turno::text || ':' || v_prompt)::uuid;
  c public.conversations := private.lock_conversation(private.need_uuid(p, 'conversa_id'));
begin
  -- It was paid for, whatever became of the turn.
  perform private.record_cost(v_cost, c, 'sombra', v_prompt, 'sombra', p -> 'usage', '{}');
  if not exists (select from public.turnos where id = v_turno and turn_seq is not null) then
    return jsonb_build_object('status', 'desconhecido');
  end if;
  insert into public.rascunhos_sombra (turno_id, prompt_id, custo_id, texto, falha, ferramentas)
  values (v_turno, v_prompt, v_cost, coalesce(p ->> 'texto', ''), p ->> 'falha',
          array(select jsonb_array_elements_text(coalesce(nullif(p -> 'ferramentas', 'null'), '[]'))))
  on conflict do nothing;
  return jsonb_build_object('status', case when found then 'guardado' else 'ja_guardado' end);
end $$;

create function api.shadow_report(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
  select jsonb_build_object('pares', coalesce(jsonb_agg(jsonb_build_object(
      'turno_id', t.id, 'at', t.committed_at, 'prompt_id', t.prompt_id, 'model', t.model,
      'rota', t.rota, 'chamadas', coalesce(t.chamadas, 0),
      'enviado', (select coalesce(string_agg(f.conteudo, E'\n\n' order by f.part), '')
                    from public.fila_mensagens f
                   where f.turno_id = t.id and f.status <> 'cancelada'),
      'custo_usd', coalesce(t.custo_usd, 0), 'llm_ms', coalesce(t.llm_ms, 0),
      'sombra_prompt_id', t.sombra_id, 'sombra_model', t.sombra_model, 'sombra_texto', t.texto,
      'sombra_falha', t.falha, 'sombra_ferramentas', to_jsonb(t.ferramentas),
      'sombra_chamadas', t.sombra_chamadas, 'sombra_custo_usd', t.sombra_usd,
      'sombra_llm_ms', t.sombra_ms)
      order by t.committed_at desc, t.id, t.sombra_id), '[]'))
    from (select t.*, s.prompt_id as sombra_id, s.texto, s.falha, s.ferramentas,
                 x.model as sombra_model, x.chamadas as sombra_chamadas,
                 x.custo_usd as sombra_usd, x.llm_ms as sombra_ms
            from public.rascunhos_sombra s
            join public.turnos t on t.id = s.turno_id
            join public.turnos x on x.id = s.custo_id
           where t.committed_at >= private.need_time(p, 'since')
           order by t.committed_at desc, t.id, s.prompt_id
           limit private.need_int(p, 'limit')) t
$$;

-- Two open conversations become one: its summary is made anew from everything that was said, and what
-- the doctor asked to be reminded of is kept. Both are locked.
create function private.merge_context_of_conversations(
  lc public.conversations, wc public.conversations)
returns void
language plpgsql set search_path = ''
as $$
begin
  update public.documentos set conversa_id = wc.id where conversa_id = lc.id;
  update public.metricas_deteccao_bot set conversa_id = wc.id where conversa_id = lc.id;
  update public.notificacoes_gestor set conversa_id = wc.id where conversa_id = lc.id;
  update public.chatwoot_efeitos set conversa_id = wc.id
   where conversa_id = lc.id and feito_em is null;
  delete from public.fatos_conversa f
   where conversa_id in (lc.id, wc.id) and exists (
     select from public.fatos_conversa newer
      where newer.conversa_id in (lc.id, wc.id) and newer.tipo = f.tipo and newer.chave = f.chave
        and (newer.updated_at, newer.conversa_id) > (f.updated_at, f.conversa_id));
  update public.fatos_conversa set conversa_id = wc.id where conversa_id = lc.id;
  with moved as (
    select id, row_number() over (order by turn_seq) as n
      from public.fila_mensagens
     where conversa_id = lc.id and status = 'pendente' and kind = 'lembrete' and tentativas = 0
  )
  update public.fila_mensagens f
     set conversa_id = wc.id, turn_seq = wc.turn_seq + moved.n
    from moved where moved.id = f.id;
  update public.conversations
     set resumo = null, resumo_ate = null,
         turn_seq = greatest(turn_seq, (select max(turn_seq) from public.fila_mensagens
                                         where conversa_id = wc.id))
   where id = wc.id;
end $$;

-- What is known of a contact goes to the one that stays. Both are locked.
create function private.merge_context_of_contacts(p_loser uuid, p_winner uuid) returns void
language sql volatile set search_path = ''
as $$
  delete from public.doctor_context l
   where medico_id = p_loser and exists (
     select from public.doctor_context w
      where w.medico_id = p_winner and md5(w.plano) = md5(l.plano));
  update public.doctor_context set medico_id = p_winner where medico_id = p_loser;
  delete from public.prompt_atribuicoes
   where medico_id = p_loser and exists (
     select from public.prompt_atribuicoes where medico_id = p_winner);
  update public.prompt_atribuicoes set medico_id = p_winner where medico_id = p_loser;
  delete from public.recusas_vagas l
   where medico_id = p_loser and exists (
     select from public.recusas_vagas w where w.medico_id = p_winner and w.vaga_id = l.vaga_id);
  update public.recusas_vagas set medico_id = p_winner where medico_id = p_loser;
  update public.diretrizes set medico_id = p_winner where medico_id = p_loser;
  update public.documentos set medico_id = p_winner where medico_id = p_loser;
  update public.metricas_deteccao_bot set medico_id = p_winner where medico_id = p_loser;
  update public.notificacoes_gestor set medico_id = p_winner where medico_id = p_loser;
$$;
