-- How long what people said and did is kept. What must be known for ever (who said stop, which
-- messages came, what a person decided) is not here: see docs/reference/retention.md.

insert into public.configuracoes values
  ('retencao_dias',
   '{"chatwoot_efeitos": 180, "chatwoot_entregas": 180, "documentos": 365, "envios": 730,
     "fatos_conversa": 180, "fila_mensagens": 730, "handoffs": 730, "interacoes": 730,
     "metricas_deteccao_bot": 365, "notificacoes_gestor": 180, "provas": 730, "rascunhos_copiloto": 730,
     "rascunhos_sombra": 90, "reports": 1825, "resumos": 730, "slack_comandos": 180, "turnos": 730}',
   'Por quantos dias cada tabela guarda o que é antigo; no mínimo 31. Quem não está na lista guarda para sempre');

-- In the order in which they were written, which is that of their rows.
create index fila_quando on public.fila_mensagens using brin (created_at);
create index turnos_quando on public.turnos using brin (committed_at);

create function private.retention() returns table (tabela text, dias integer)
language plpgsql stable set search_path = ''
as $$
declare
  v_known text[] := array[
    'chatwoot_efeitos', 'chatwoot_entregas', 'documentos', 'envios', 'fatos_conversa',
    'fila_mensagens', 'handoffs', 'interacoes', 'metricas_deteccao_bot', 'notificacoes_gestor',
    'provas', 'rascunhos_copiloto', 'rascunhos_sombra', 'reports', 'resumos', 'slack_comandos',
    'turnos'];
begin
  for tabela, dias in
    select key, value #>> '{}' from public.configuracoes, jsonb_each(valor)
     where chave = 'retencao_dias' order by key
  loop
    if tabela <> all (v_known) or coalesce(dias < 31, true) then
      raise exception 'configuracoes.retencao_dias: % may not be kept for % days', tabela, dias
        using errcode = '22023',
          hint = 'At least 31 days, of: ' || array_to_string(v_known, ', ');
    end if;
    return next;
  end loop;
end $$;

-- Deletes up to `p_limit` rows of what is older than `p_before`; how many. What something that stays
-- still refers to stays too, until that goes.
create function private.purge(p_tabela text, p_before timestamptz, p_limit bigint) returns bigint
language plpgsql set search_path = ''
as $$
declare
  v_ids uuid[];
  n bigint;
begin
  case p_tabela
    when 'chatwoot_efeitos' then
      delete from public.chatwoot_efeitos where ctid in (
        select ctid from public.chatwoot_efeitos where created_at < p_before limit p_limit);
    when 'chatwoot_entregas' then
      delete from public.chatwoot_entregas where ctid in (
        select ctid from public.chatwoot_entregas where created_at < p_before limit p_limit);
    when 'rascunhos_copiloto' then
      delete from public.rascunhos_copiloto where ctid in (
        select ctid from public.rascunhos_copiloto
         where created_at < p_before and status <> 'esperando' limit p_limit);
    when 'rascunhos_sombra' then
      delete from public.rascunhos_sombra where ctid in (
        select ctid from public.rascunhos_sombra where created_at < p_before limit p_limit);
    when 'fatos_conversa' then
      delete from public.fatos_conversa where ctid in (
        select ctid from public.fatos_conversa where updated_at < p_before limit p_limit);
    when 'documentos' then
      delete from public.documentos where ctid in (
        select ctid from public.documentos where created_at < p_before limit p_limit);
    when 'metricas_deteccao_bot' then
      delete from public.metricas_deteccao_bot where ctid in (
        select ctid from public.metricas_deteccao_bot where created_at < p_before limit p_limit);
    when 'notificacoes_gestor' then
      delete from public.notificacoes_gestor where ctid in (
        select ctid from public.notificacoes_gestor where created_at < p_before limit p_limit);
    when 'provas' then
      delete from public.provas where ctid in (
        select ctid from public.provas where ate < p_before limit p_limit);
    when 'reports' then
      delete from public.reports where ctid in (
        select ctid from public.reports where created_at < p_before limit p_limit);
    when 'slack_comandos' then
      delete from public.slack_comandos where ctid in (
        select ctid from public.slack_comandos where respondido_em < p_before limit p_limit);
    when 'handoffs' then
      delete from public.handoffs where ctid in (
        select ctid from public.handoffs where resolvido_em < p_before limit p_limit);
    when 'resumos' then
      update public.conversations set resumo = null, resumo_ate = null where ctid in (
        select ctid from public.conversations
         where resumo is not null and last_message_at < p_before limit p_limit);
    when 'interacoes' then
      -- Its key stays in inbox_keys: a message that is delivered again is known for ever.
      delete from public.interacoes where ctid in (
        select ctid from public.interacoes i
         where received_at < p_before and situacao <> 'pendente'
           and not exists (select from public.documentos d where d.interacao_id = i.id)
           and not exists (select from public.metricas_deteccao_bot b where b.interacao_id = i.id)
         limit p_limit);
    when 'envios' then
      v_ids := array(select claim_id from public.envios
                      where claimed_at < p_before and status not in ('aberto', 'incerto')
                      limit p_limit);
      delete from public.sent_ids where claim_id = any (v_ids);
      delete from public.envios where claim_id = any (v_ids);
    when 'fila_mensagens' then
      v_ids := array(
        select id from public.fila_mensagens f
         where created_at < p_before and status in ('enviada', 'erro', 'cancelada', 'bloqueada')
           and not exists (select from public.envios e where e.fila_id = f.id)
           and not exists (select from public.sent_ids s where s.fila_id = f.id)
           and not exists (select from public.interacoes i where i.fila_id = f.id)
         limit p_limit);
      delete from public.decisoes_envio where fila_id = any (v_ids);
      delete from public.fila_mensagens where id = any (v_ids);
    when 'turnos' then
      v_ids := array(
        select id from public.turnos t
         where committed_at < p_before
           and not exists (select from public.interacoes i where i.turno_id = t.id)
           and not exists (select from public.fila_mensagens f where f.turno_id = t.id)
           and not exists (select from public.fatos_conversa f where f.turno_id = t.id)
           and not exists (select from public.rascunhos_sombra r
                            where r.turno_id = t.id or r.custo_id = t.id)
           and not exists (select from public.rascunhos_copiloto r where r.turno_id = t.id)
         limit p_limit);
      -- What is remembered and refused outlives the turn in which it was said.
      update public.doctor_context set turno_id = null where turno_id = any (v_ids);
      update public.recusas_vagas set turno_id = null where turno_id = any (v_ids);
      delete from public.turnos where id = any (v_ids);
  end case;
  get diagnostics n = row_count;
  return n;
end $$;

create function api.retention(p jsonb) returns jsonb
language sql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
  select jsonb_build_object('tabelas', coalesce(jsonb_agg(tabela order by tabela), '[]'))
    from private.retention()
$$;

create function api.purge_old(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_tabela text := private.need_text(p, 'tabela');
  v_limit bigint := private.need_int(p, 'limit');
  v_days integer := (select dias from private.retention() where tabela = v_tabela);
  n bigint := 0;
begin
  if v_days is not null then
    n := private.purge(v_tabela, api.agora() - make_interval(days => v_days), v_limit);
  end if;
  return jsonb_build_object('apagadas', n, 'mais', n >= v_limit);
end $$;
