-- Our numbers: how much each may bear, what a sick one does, and which doctor has which.

-- How much of its ceilings a number of this age may use for what we write of our own accord.
create function private.warmup_share(p_since timestamptz, p_now timestamptz) returns numeric
language sql immutable
as $$
  select case when p_since is null then 1.0
              when p_now < p_since + interval '1 day' then 0.1
              when p_now < p_since + interval '3 days' then 0.2
              when p_now < p_since + interval '7 days' then 0.35
              when p_now < p_since + interval '14 days' then 0.5
              when p_now < p_since + interval '21 days' then 0.7
              when p_now < p_since + interval '28 days' then 0.85
              else 1.0 end
$$;

-- The same, with its health: from 0 to 1.
create function private.number_share(w public.whatsapp_instances, p_now timestamptz)
returns numeric
language sql stable set search_path = ''
as $$
  select private.warmup_share(w.aquecimento_desde, p_now)
       * case w.saude when 'boa' then 1 when 'lenta' then 0.5 else 0 end
$$;

-- Why this number may not send this kind now, and when to look again; no motivo: it may.
-- A parked number still answers who wrote to it; a disconnected or banned one can do nothing.
create function private.number_gate(
  w public.whatsapp_instances, r public.regras_envio, p_now timestamptz,
  out motivo text, out outcome text, out retry interval)
language plpgsql stable set search_path = ''
as $$
begin
  if not r.postado then
    return;
  elsif w.saude = 'banida' then
    motivo := 'numero_banido';
    outcome := 'FAILED_BANNED';
    retry := interval '10 minutes';
  elsif w.state = 'connecting' then
    motivo := 'numero_conectando';
    outcome := 'FAILED_NO_CAPACITY';
    retry := interval '5 seconds';
  elsif w.state in ('close', 'refused') then
    motivo := 'numero_parado';
    outcome := 'FAILED_NO_CAPACITY';
    retry := interval '30 seconds';
  elsif r.proativo and w.saude = 'parada' then
    motivo := 'numero_parado';
    outcome := 'FAILED_NO_CAPACITY';
    retry := interval '10 minutes';
  end if;
end $$;

-- The number by which we write to this doctor: a doctor stays with one. Null: none may take doctors.
create function private.number_for(p_medico uuid) returns text
language plpgsql set search_path = ''
as $$
declare
  v_now timestamptz := api.agora();
  v_instance text := (select instance from public.medicos where id = p_medico);
begin
  if v_instance is not null then
    return v_instance;
  end if;
  select c.instance into v_instance from public.conversations c
   where c.medico_id = p_medico
   order by c.last_message_at desc nulls last, c.created_at desc limit 1;
  if not found then
    select w.instance into v_instance
      from public.whatsapp_instances w
     where w.recebe_medicos and w.state in ('open', 'unknown')
       and private.number_share(w, v_now) > 0
     order by (select count(*) from public.medicos m where m.instance = w.instance)
              / private.number_share(w, v_now), w.instance
     limit 1;
  end if;
  -- Two at once: the first one's choice stands.
  update public.medicos set instance = v_instance where id = p_medico and instance is null;
  return (select instance from public.medicos where id = p_medico);
end $$;
