-- Shifts: the hospitals that have them, what is offered, who has booked what, and who waits.

create extension if not exists btree_gist with schema extensions;

create table public.configuracoes (
  chave text primary key,
  valor jsonb not null,
  descricao text not null
);
insert into public.configuracoes values
  ('descanso_minutos', '60', 'Descanso mínimo entre dois plantões do mesmo médico, em minutos');

create function private.rest() returns interval
language sql stable set search_path = ''
as $$ select coalesce((select make_interval(mins => (valor #>> '{}')::integer)
                         from public.configuracoes where chave = 'descanso_minutos'),
                      interval '60 minutes') $$;

create table public.hospitais (
  id uuid primary key default gen_random_uuid(),
  nome text not null unique check (nome <> ''),
  endereco_formatado text,
  cidade text,
  estado char(2) check (estado ~ '^[A-Z]{2}$'),
  latitude double precision check (latitude between -90 and 90),
  longitude double precision check (longitude between -180 and 180),
  created_at timestamptz not null default api.agora()
);

create table public.hospitais_alias (
  alias text primary key check (alias <> ''),
  hospital_id uuid not null references public.hospitais on delete cascade
);
create index hospitais_alias_hospital_idx on public.hospitais_alias (hospital_id);

create table public.especialidades_alias (
  alias text primary key check (alias <> ''),
  especialidade_id smallint not null references public.especialidades on delete cascade
);
create index especialidades_alias_especialidade_idx
  on public.especialidades_alias (especialidade_id);

create table public.setores (
  id smallint generated always as identity primary key,
  nome text not null unique check (nome <> '')
);
insert into public.setores (nome) values
  ('Centro cirúrgico'), ('Pronto-socorro'), ('UTI adulto'), ('UTI pediátrica'), ('UTI neonatal'),
  ('Enfermaria'), ('Ambulatório'), ('Centro obstétrico'), ('Hemodinâmica');

create table public.periodos (
  id smallint generated always as identity primary key,
  nome text not null unique check (nome <> '')
);
insert into public.periodos (nome) values
  ('Diurno'), ('Noturno'), ('Manhã'), ('Tarde'), ('Cinderela'), ('24 horas');

create table public.tipos_vaga (
  id smallint generated always as identity primary key,
  nome text not null unique check (nome <> '')
);
insert into public.tipos_vaga (nome) values ('Avulso'), ('Cobertura'), ('Fixo'), ('Mensal');

create table public.formas_recebimento (
  id smallint generated always as identity primary key,
  nome text not null unique check (nome <> '')
);
insert into public.formas_recebimento (nome) values
  ('Pessoa física'), ('Pessoa jurídica'), ('CLT'), ('SCP');

-- What a shift may be once a doctor has it.
create function private.is_taken(p_status text) returns boolean
language sql immutable
as $$ select p_status in
        ('reservada', 'pendente_confirmacao', 'aguardando_confirmacao', 'confirmada') $$;

create function private.is_open(p_status text) returns boolean
language sql immutable
as $$ select p_status in ('aberta', 'anunciada') $$;

create table public.vagas (
  id uuid primary key default gen_random_uuid(),
  hospital_id uuid not null references public.hospitais,
  especialidade_id smallint not null references public.especialidades,
  setor_id smallint references public.setores,
  periodo_id smallint references public.periodos,
  tipos_vaga_id smallint references public.tipos_vaga,
  forma_recebimento_id smallint references public.formas_recebimento,
  data date not null,
  hora_inicio time not null,
  hora_fim time not null,
  -- The same in absolute time, kept by a trigger.
  inicio timestamptz not null,
  fim timestamptz not null,
  valor_tipo text not null default 'fixo' check (valor_tipo in ('fixo', 'a_combinar', 'faixa')),
  valor_centavos integer check (valor_centavos > 0),
  -- Of `faixa` what is offered; of the others the bounds within which Julia may agree on a price.
  valor_minimo_centavos integer check (valor_minimo_centavos > 0),
  valor_maximo_centavos integer check (valor_maximo_centavos >= valor_minimo_centavos),
  status text not null default 'aberta' check (status in (
    'aberta', 'anunciada', 'reservada', 'pendente_confirmacao', 'aguardando_confirmacao',
    'confirmada', 'fechada', 'realizada', 'cancelada')),
  medico_id uuid references public.medicos,
  origem text not null default 'manual',
  fechada_em timestamptz,
  fechada_por text,
  realizada_em timestamptz,
  realizada_por text,
  cancelada_em timestamptz,
  cancelada_por text,
  -- When managers were asked whether it took place; forgotten when its hours change or it opens again.
  perguntada_em timestamptz,
  created_at timestamptz not null default api.agora(),
  updated_at timestamptz not null default api.agora(),
  constraint vagas_valor_do_tipo check (case valor_tipo
    when 'fixo' then valor_centavos is not null
    when 'faixa' then valor_minimo_centavos is not null and valor_maximo_centavos is not null
    else valor_centavos is null end),
  constraint vagas_reservada_tem_medico check (not private.is_taken(status) or medico_id is not null),
  constraint vagas_aberta_nao_tem_medico
    check (not (private.is_open(status) or status = 'cancelada') or medico_id is null)
);
create index vagas_abertas on public.vagas (especialidade_id, inicio) where private.is_open(status);
create index vagas_a_perguntar on public.vagas (fim)
  where private.is_taken(status) and perguntada_em is null;
create index vagas_hospital_idx on public.vagas (hospital_id);
create index vagas_medico_idx on public.vagas (medico_id) where medico_id is not null;

comment on table public.vagas is
  'Shifts. Managers may change status and medico_id by plain SQL: bookings follow by trigger.';

-- Fills in what follows from what a manager wrote: `status` leads, and a doctor named or taken away
-- without a word on the status means booked or open again.
create function private.vagas_before_write() returns trigger
language plpgsql set search_path = ''
as $$
declare
  v_same_status boolean := tg_op = 'INSERT';
begin
  if tg_op = 'UPDATE' then
    v_same_status := new.status = old.status;
  end if;
  new.inicio := (new.data + new.hora_inicio) at time zone 'America/Sao_Paulo';
  new.fim := (new.data + new.hora_fim + case when new.hora_fim <= new.hora_inicio
                then interval '1 day' else interval '0' end) at time zone 'America/Sao_Paulo';
  if v_same_status and private.is_open(new.status) and new.medico_id is not null then
    new.status := 'reservada';
  elsif v_same_status and private.is_taken(new.status) and new.medico_id is null then
    new.status := 'aberta';
  elsif private.is_open(new.status) or new.status = 'cancelada' then
    -- Who had it is in reservas.
    new.medico_id := null;
  end if;
  if private.is_open(new.status)
     or tg_op = 'UPDATE' and (old.inicio, old.fim) is distinct from (new.inicio, new.fim) then
    new.perguntada_em := null;
  end if;
  new.fechada_em := case when new.status = 'fechada' then coalesce(new.fechada_em, api.agora()) end;
  new.realizada_em := case when new.status = 'realizada'
                           then coalesce(new.realizada_em, api.agora()) end;
  new.cancelada_em := case when new.status = 'cancelada'
                           then coalesce(new.cancelada_em, api.agora()) end;
  new.updated_at := api.agora();
  return new;
end $$;

create trigger vagas_before_write before insert or update on public.vagas
for each row execute function private.vagas_before_write();

-- What people said of shifts whose time was over.
create table public.decisoes_plantoes (
  vaga_id uuid not null references public.vagas,
  decisao text not null check (decisao in ('aconteceu', 'nao_aconteceu')),
  por text not null,
  created_at timestamptz not null,
  primary key (vaga_id, created_at)
);

-- A doctor's claim on a shift: a hold of a turn (segurada), a booking (confirmada), or the past of one.
create table public.reservas (
  id uuid primary key default gen_random_uuid(),
  vaga_id uuid not null references public.vagas,
  medico_id uuid not null references public.medicos,
  -- Null when a manager booked by SQL.
  conversa_id uuid references public.conversations,
  -- The turn that holds it; no reference, because only committed turns have a row.
  turno_id uuid,
  valor_centavos integer check (valor_centavos > 0),
  status text not null
    check (status in ('segurada', 'confirmada', 'liberada', 'cancelada', 'expirada')),
  expira_em timestamptz,
  -- The shift and the rest after it.
  ocupacao tstzrange not null check (not isempty(ocupacao)),
  motivo text,
  created_at timestamptz not null default api.agora(),
  updated_at timestamptz not null default api.agora(),
  check ((status = 'segurada') <= (expira_em is not null and turno_id is not null)),
  constraint reservas_sem_sobreposicao exclude using gist
    (medico_id extensions.gist_uuid_ops with operator(pg_catalog.=), ocupacao with operator(pg_catalog.&&))
    where (status in ('segurada', 'confirmada'))
);
create unique index reservas_uma_por_vaga on public.reservas (vaga_id)
  where status in ('segurada', 'confirmada');
create index reservas_vaga_idx on public.reservas (vaga_id);
create index reservas_medico_idx on public.reservas (medico_id);
create index reservas_conversa_idx on public.reservas (conversa_id);
create index reservas_vencimento on public.reservas (expira_em) where status = 'segurada';

-- Doctors who want a shift that is taken. `created_at` is their place.
create table public.lista_espera (
  id uuid primary key default gen_random_uuid(),
  vaga_id uuid not null references public.vagas on delete cascade,
  medico_id uuid not null references public.medicos,
  conversa_id uuid not null references public.conversations,
  status text not null default 'esperando'
    check (status in ('esperando', 'oferecida', 'aceita', 'recusada', 'encerrada')),
  oferecida_em timestamptz,
  created_at timestamptz not null default api.agora(),
  -- When the doctor asked for it last; no place.
  pedida_em timestamptz not null default api.agora(),
  unique (vaga_id, medico_id),
  check ((status = 'oferecida') <= (oferecida_em is not null))
);
create index lista_espera_esperando on public.lista_espera (vaga_id, created_at)
  where status = 'esperando';
create index lista_espera_medico_idx on public.lista_espera (medico_id);
create index lista_espera_conversa_idx on public.lista_espera (conversa_id);
