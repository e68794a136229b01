-- A database restored from a backup cannot know what it missed: what it believes to be waiting may have
-- been sent, and what it believes to be unanswered answered, by the database that was lost.

-- Whether this restoring, named as it was asked for, has been done here.
create function private.was_restored(p_request text) returns boolean
language sql stable set search_path = ''
as $$ select exists (select from public.julia_status where detalhes ->> 'restauracao' = p_request) $$;

-- An attempt of this part that nobody recorded: it began, if it did, when the backup was made, and has
-- ended now.
create function private.assume_attempt(f public.fila_mensagens, p_em timestamptz, p_status text)
returns public.envios
language plpgsql set search_path = ''
as $$
declare
  v_now timestamptz := api.agora();
  e public.envios;
begin
  insert into public.envios
    (claim_id, fila_id, conversa_id, medico_id, kind, instance, tentativa, text_hash, conta, status,
     claimed_at, deadline_at, motivo, next_check_at, resolved_at)
  select gen_random_uuid(), f.id, f.conversa_id, f.medico_id, f.kind, f.instance, f.tentativas + 1,
         private.content_hash(f.conteudo, f.anexo), r.teto, p_status, least(p_em, v_now), v_now,
         'banco restaurado', v_now,
         case p_status when 'nao_confirmado' then v_now end
    from public.regras_envio r where r.kind = f.kind
  returning * into e;
  update public.fila_mensagens
     set claim_id = e.claim_id, processando_desde = e.claimed_at, tentativas = tentativas + 1,
         reservado = false, espera = null, next_ring_at = null, next_try_at = null,
         status = case p_status when 'incerto' then 'incerta' else status end,
         erro = 'banco restaurado'
   where id = f.id;
  return e;
end $$;

-- Ends a restoring, in its transaction: pauses everything; makes what was being sent, and the first
-- part of each conversation that may have been sent since, uncertain, so that evidence settles them;
-- parks the other parts, and gives unanswered messages to a person. `request` names the restoring,
-- `backup` what was restored, `em` when that was made.
create function private.after_restore(p jsonb) returns jsonb
language plpgsql set search_path = ''
as $$
declare
  v_em timestamptz := private.need_time(p, 'em');
  v_backup text := private.need_text(p, 'backup');
  x record;
  e public.envios;
  f public.fila_mensagens;
  v_uncertain integer := 0;
  v_parked integer := 0;
  v_handed integer := 0;
begin
  insert into public.julia_status (status, motivo, alterado_via, detalhes)
  values ('pausado', format('Banco restaurado do backup %s: confira antes de retomar', v_backup),
          'sistema', jsonb_build_object('backup', v_backup,
                                        'restauracao', private.need_text(p, 'request')));
  -- A spec may have changed since the backup: that is seen now, and not decided now. A resource that
  -- counts as a new one may pause and never resume.
  update public.recursos_status set removido_em = api.agora() where removido_em is null;
  for e in
    select s.* from public.envios s join public.regras_envio r on r.kind = s.kind
     where s.status = 'aberto' and r.postado
  loop
    perform private.doubt(e, 'banco restaurado');
    v_uncertain := v_uncertain + 1;
  end loop;

  for x in
    select m.id, m.conversa_id
      from public.fila_mensagens m join public.regras_envio r on r.kind = m.kind
     where m.status = 'pendente' and r.postado and coalesce(m.agendar_para <= api.agora(), true)
     order by m.conversa_id, m.turn_seq, m.part
  loop
    select * into f from public.fila_mensagens where id = x.id and status = 'pendente';
    -- Cancelled with its turn, whose earlier part was parked.
    continue when not found;
    if exists (select from public.fila_mensagens
                where conversa_id = x.conversa_id and status in ('processando', 'incerta')) then
      perform private.assume_attempt(f, v_em, 'nao_confirmado');
      select * into f from public.fila_mensagens where id = x.id;
      perform private.park(f);
      v_parked := v_parked + 1;
    else
      perform private.assume_attempt(f, v_em, 'incerto');
      v_uncertain := v_uncertain + 1;
    end if;
  end loop;

  -- Evolution may have been restored too, and then remembers nothing of what went since: that a send is
  -- not found there proves nothing, and it is not sent once more but parked.
  update public.fila_mensagens set reenvios = greatest(reenvios, 1)
   where status in ('processando', 'incerta');

  -- What was approved since the backup may have been sent.
  perform private.lapse_draft(d.conversa_id, 'restaurado')
     from public.rascunhos_copiloto d where d.status = 'esperando';
  for x in
    select distinct i.conversa_id
      from public.interacoes i join public.conversations c on c.id = i.conversa_id
     where i.situacao = 'pendente' and c.controlled_by = 'ai'
     order by i.conversa_id
  loop
    if private.hand_over(x.conversa_id, 'indisponibilidade',
         'Banco restaurado: a mensagem pode já ter sido respondida; confira no WhatsApp', false) then
      v_handed := v_handed + 1;
    end if;
  end loop;
  return jsonb_build_object('incertas', v_uncertain, 'estacionadas', v_parked,
                            'transferidas', v_handed);
end $$;
