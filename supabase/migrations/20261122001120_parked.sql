-- Parked sends: nobody knows whether they arrived, so a person decides what becomes of them.

-- `liberar`: one more attempt, whoever has the conversation and whatever was said since: a person has
-- looked. Opt-out, pause, hours, the number and its ceilings still bind it, and what offers a shift that
-- is gone, or belongs to a cancelled campaign, is not released; an attempt that ends in doubt again is
-- parked again. `descartar`: it is not sent any more.
create function api.decidir_envio(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' set lock_timeout = '450ms'
as $$
declare
  v_fila uuid := private.need_uuid(p, 'fila_id');
  v_decisao text := private.need_word(p, 'decisao', 'liberar', 'descartar');
  v_por text := private.need_text(p, 'por');
  v_now timestamptz;
  v_void text;
  f public.fila_mensagens;
  r public.regras_envio;
  c public.conversations;
  m public.medicos;
  d public.decisoes_envio;
  x record;
begin
  select * into f from public.fila_mensagens where id = v_fila;
  if not found then
    raise exception 'send % does not exist', v_fila
      using errcode = 'P0002', hint = 'The ids of parked sends: fila_mensagens, status estacionada.';
  end if;
  c := private.lock_conversation(f.conversa_id);
  select * into f from public.fila_mensagens where id = v_fila;
  if f.status <> 'estacionada' then
    select * into d from public.decisoes_envio where fila_id = v_fila order by created_at desc limit 1;
    return jsonb_build_object(
      'status', case when found then 'ja_decidida' else 'nao_estacionada' end,
      'fila_status', f.status, 'decisao', d.decisao, 'por', d.por, 'em', d.created_at,
      'doorbell', false);
  end if;

  v_now := api.agora();
  if v_decisao = 'liberar' then
    select * into m from public.medicos where id = c.medico_id;
    select * into r from public.regras_envio where kind = f.kind;
    f.liberada := true;
    v_void := private.void_reason(f, r, c, m);
    if v_void is null and r.proativo then
      x := private.campaign_gate(f, m, v_now);
      v_void := case when x.fim then x.outcome end;
    end if;
    if v_void is not null then
      return jsonb_build_object('status', 'recusada', 'motivo', v_void, 'fila_status', f.status,
                                'doorbell', false);
    end if;
  end if;
  insert into public.decisoes_envio (fila_id, decisao, por, created_at)
  values (v_fila, v_decisao, v_por, v_now);
  if v_decisao = 'descartar' then
    perform private.cancel_part(v_fila, 'PARKED');
  else
    update public.fila_mensagens
       set status = 'pendente', outcome = null, liberada = true, claim_id = null,
           processando_desde = null, erro = null, espera = null, ring_count = 0,
           next_try_at = null, next_ring_at = v_now, digitando_ate = null,
           -- Twice in doubt, it is parked and not sent once more.
           reenvios = greatest(reenvios, 1),
           expira_em = case when r.proativo then null else v_now + private.reply_window() end
     where id = v_fila;
  end if;
  return jsonb_build_object(
    'status', case v_decisao when 'liberar' then 'liberada' else 'descartada' end,
    'fila_status', case v_decisao when 'liberar' then 'pendente' else 'cancelada' end,
    'conversa_id', c.id, 'instance', c.instance, 'doorbell', v_decisao = 'liberar');
end $$;
