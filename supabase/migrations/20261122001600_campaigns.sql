-- Campaigns: what is written to many doctors of our own accord, to each at most once.

-- How a conversation with a doctor may begin; campaigns that bring no openings of their own use these.
create table public.aberturas (
  conteudo text primary key check (conteudo <> ''),
  ativo boolean not null default true
);

create table public.campanhas (
  id uuid primary key default gen_random_uuid(),
  nome text not null check (nome <> ''),
  tipo text not null
    check (tipo in ('discovery', 'oferta', 'reativacao', 'followup', 'feedback', 'custom')),
  -- After an opening. {nome} and {especialidade} are the doctor's; {hospital}, {quando} and {valor}
  -- those of `vaga_id`.
  corpo text not null check (corpo <> ''),
  aberturas text[] not null default '{}',
  -- Filters of the audience; see docs/reference/campaigns.md.
  publico jsonb not null default '{}',
  quantidade_alvo integer check (quantidade_alvo > 0),
  -- The shift that an `oferta` is about: without one there is nothing to offer.
  vaga_id uuid references public.vagas,
  status text not null default 'rascunho' check (status in
    ('rascunho', 'agendada', 'ativa', 'pausada', 'concluida', 'cancelada')),
  -- Not sent before this, and not after that; who was not reached by then is left out.
  agendar_para timestamptz,
  termina_em timestamptz,
  iniciada_em timestamptz,
  concluida_em timestamptz,
  alterada_por text,
  created_at timestamptz not null default api.agora(),
  check ((tipo = 'oferta') = (vaga_id is not null)),
  check (status in ('rascunho', 'cancelada') or iniciada_em is not null and termina_em is not null)
);
create index campanhas_abertas on public.campanhas (iniciada_em)
  where status in ('agendada', 'ativa', 'pausada');
create index campanhas_vaga_idx on public.campanhas (vaga_id) where vaga_id is not null;

-- Whom a campaign is for, drawn when it starts; each at most once.
create table public.campanha_destinatarios (
  campanha_id uuid not null references public.campanhas,
  medico_id uuid not null references public.medicos,
  -- pendente -> na_fila -> enviada, or back to pendente when it was withdrawn unsent; `pulada`: never.
  status text not null default 'pendente' check (status in ('pendente', 'na_fila', 'enviada', 'pulada')),
  -- Why it was left out, or put off until `nao_antes`.
  motivo text,
  nao_antes timestamptz,
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
create index fila_campanha on public.fila_mensagens (campanha_id, instance)
  where campanha_id is not null and status = 'pendente';

-- Whether what is written of our own accord to many, or after a silence, may still go; called by the
-- claim for every proactive part. No motivo: it may. `fim`: never any more, by `outcome`; else it
-- waits for `retry`.
create function private.campaign_gate(
  f public.fila_mensagens, m public.medicos, p_now timestamptz,
  out motivo text, out outcome text, out retry interval, out fim boolean)
language plpgsql stable set search_path = ''
as $$
declare
  k public.campanhas;
begin
  fim := false;
  if f.campanha_id is null then
    return;
  end if;
  select * into k from public.campanhas where id = f.campanha_id;
  if k.status in ('concluida', 'cancelada') then
    motivo := 'campanha_encerrada';
    outcome := 'BLOCKED_CAMPAIGNS_DISABLED';
    fim := true;
  elsif k.status <> 'ativa' then
    motivo := 'campanha_pausada';
    outcome := 'BLOCKED_CAMPAIGNS_DISABLED';
    retry := interval '5 minutes';
  end if;
end $$;

alter table public.aberturas enable row level security;
alter table public.campanhas enable row level security;
alter table public.campanha_destinatarios enable row level security;
