-- What people did in Chatwoot and no webhook told: some versions deliver once, whoever listens.

-- Since when to look, if not all of it was heard: overlaps the last run that saw everything by five
-- minutes, in which a delivery may have been on its way.
create function api.chatwoot_window(p jsonb) returns jsonb
language plpgsql volatile security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_job text := private.need_text(p, 'job');
  v_now timestamptz := api.agora();
begin
  return jsonb_build_object('until', v_now, 'since', greatest(
    v_now - interval '24 hours',
    (select max(scheduled_at) from public.execucoes where job = v_job and ok) - interval '5 minutes'));
end $$;

-- Of what was seen there after `antes`: the messages that we do not know, and the conversations that a
-- person has all the same, with the hand-off, if that had been shown before: who looked saw its end.
-- Of the private notes in `conversa` that say what is to become of a draft (`notas`), those that we do
-- not know, while one waits there.
create function api.chatwoot_unheard(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_before timestamptz := private.need_time(p, 'antes');
begin
  return jsonb_build_object(
    'mensagens', (
      select coalesce(jsonb_agg(m order by n), '[]')
        from jsonb_array_elements(p -> 'mensagens') with ordinality as t (m, n)
       where not exists (select from public.chatwoot_entregas where mensagem_id = m::bigint)),
    'notas', (
      select coalesce(jsonb_agg(m order by n), '[]')
        from jsonb_array_elements(coalesce(p -> 'notas', '[]')) with ordinality as t (m, n)
       where not exists (select from public.chatwoot_entregas where mensagem_id = m::bigint)
         and exists (select from public.conversations c
                      where c.chatwoot_conversation_id = (p ->> 'conversa')::bigint
                        and private.waiting_draft(c.id) is not null)),
    'devolvidas', (
      select coalesce(jsonb_agg(jsonb_build_object(
               'conversation_id', c.chatwoot_conversation_id, 'handoff_id', h.id) order by c.id), '[]')
        from public.conversations c
       cross join lateral (select private.shown_handoff(c.id, v_before) as id) h
       where c.chatwoot_conversation_id in (
               select conversa::bigint from jsonb_array_elements(p -> 'conversas') as t (conversa))
         and c.controlled_by = 'human' and h.id is not null));
end $$;
