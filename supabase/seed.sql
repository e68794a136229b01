-- Made-up hospitals and shifts of the next three weeks, so that a local Julia has something to offer.
-- Repeating it adds the days that have come since and changes nothing else.

insert into public.especialidades (nome) values
  ('Anestesiologia'), ('Cardiologia'), ('Clínica Médica'), ('Ginecologia e Obstetrícia'),
  ('Medicina Intensiva'), ('Ortopedia e Traumatologia'), ('Pediatria')
on conflict (nome) do nothing;

insert into public.especialidades_alias (alias, especialidade_id)
select a.alias, e.id
  from (values
    ('anestesia', 'Anestesiologia'), ('anestesista', 'Anestesiologia'),
    ('cardio', 'Cardiologia'), ('cardiologista', 'Cardiologia'),
    ('clínica', 'Clínica Médica'), ('clínico geral', 'Clínica Médica'),
    ('GO', 'Ginecologia e Obstetrícia'), ('obstetra', 'Ginecologia e Obstetrícia'),
    ('UTI', 'Medicina Intensiva'), ('intensivista', 'Medicina Intensiva'),
    ('ortopedia', 'Ortopedia e Traumatologia'), ('ortopedista', 'Ortopedia e Traumatologia'),
    ('ped', 'Pediatria'), ('pediatra', 'Pediatria')) a (alias, nome)
  join public.especialidades e on e.nome = a.nome
on conflict (alias) do nothing;

insert into public.hospitais (nome, endereco_formatado, cidade, estado, latitude, longitude) values
  ('Hospital Vila Serena', 'Rua das Paineiras, 1200, Cambuí, Campinas - SP, 13025-000',
   'Campinas', 'SP', -22.8953, -47.0548),
  ('Hospital Monte Alverne', 'Avenida dos Ipês, 455, Taquaral, Campinas - SP, 13076-000',
   'Campinas', 'SP', -22.8779, -47.0489),
  ('Hospital Santa Amália', 'Rua do Lavapés, 88, Cambuci, São Paulo - SP, 01519-000',
   'São Paulo', 'SP', -23.5629, -46.6201),
  ('Maternidade Bom Jardim', 'Alameda das Acácias, 310, Moema, São Paulo - SP, 04077-000',
   'São Paulo', 'SP', -23.6019, -46.6618),
  ('Hospital Porto Sereno', 'Avenida do Cais, 900, Gonzaga, Santos - SP, 11060-000',
   'Santos', 'SP', -23.9666, -46.3331),
  ('Hospital Serra Dourada', 'Rua do Ouro, 77, Savassi, Belo Horizonte - MG, 30140-000',
   'Belo Horizonte', 'MG', -19.9386, -43.9339)
on conflict (nome) do nothing;

insert into public.hospitais_alias (alias, hospital_id)
select a.alias, h.id
  from (values
    ('HVS', 'Hospital Vila Serena'), ('Monte', 'Hospital Monte Alverne'),
    ('HSA', 'Hospital Santa Amália'), ('Bom Jardim', 'Maternidade Bom Jardim')) a (alias, nome)
  join public.hospitais h on h.nome = a.nome
on conflict (alias) do nothing;

-- The week of each hospital; `dias` are those of ISO, Monday is 1. Money in centavos.
with semana (hospital, especialidade, dias, inicio, fim, setor, periodo, forma,
             valor_tipo, valor, minimo, maximo) as (values
  ('Hospital Vila Serena', 'Anestesiologia', '{1,3,6}'::integer[], time '19:00', time '07:00',
   'Centro cirúrgico', 'Noturno', 'Pessoa jurídica', 'fixo', 240000, 220000, 265000),
  ('Hospital Vila Serena', 'Medicina Intensiva', '{2,4,7}', '07:00', '19:00',
   'UTI adulto', 'Diurno', 'Pessoa jurídica', 'fixo', 165000, null, 180000),
  ('Hospital Monte Alverne', 'Anestesiologia', '{2,5,6}', '07:00', '19:00',
   'Centro cirúrgico', 'Diurno', 'Pessoa jurídica', 'fixo', 210000, null, 230000),
  ('Hospital Monte Alverne', 'Clínica Médica', '{1,2,3,4,5}', '19:00', '07:00',
   'Pronto-socorro', 'Noturno', 'Pessoa física', 'fixo', 140000, null, null),
  ('Hospital Santa Amália', 'Anestesiologia', '{4,7}', '07:00', '07:00',
   'Centro cirúrgico', '24 horas', 'Pessoa jurídica', 'fixo', 460000, 430000, 500000),
  ('Hospital Santa Amália', 'Cardiologia', '{1,3,5}', '13:00', '19:00',
   'Hemodinâmica', 'Tarde', 'Pessoa jurídica', 'faixa', null, 110000, 150000),
  ('Hospital Santa Amália', 'Clínica Médica', '{6,7}', '07:00', '19:00',
   'Pronto-socorro', 'Diurno', 'Pessoa física', 'fixo', 150000, null, 170000),
  ('Maternidade Bom Jardim', 'Ginecologia e Obstetrícia', '{2,4,6}', '19:00', '07:00',
   'Centro obstétrico', 'Noturno', 'Pessoa jurídica', 'fixo', 190000, null, 215000),
  ('Maternidade Bom Jardim', 'Pediatria', '{1,3,5,7}', '07:00', '13:00',
   'UTI neonatal', 'Manhã', 'Pessoa física', 'fixo', 90000, null, null),
  ('Hospital Porto Sereno', 'Ortopedia e Traumatologia', '{5,6,7}', '07:00', '19:00',
   'Pronto-socorro', 'Diurno', 'Pessoa jurídica', 'a_combinar', null, null, null),
  ('Hospital Porto Sereno', 'Pediatria', '{6,7}', '19:00', '07:00',
   'Pronto-socorro', 'Noturno', 'Pessoa jurídica', 'fixo', 160000, null, 175000),
  ('Hospital Serra Dourada', 'Anestesiologia', '{3,6}', '07:00', '19:00',
   'Centro cirúrgico', 'Diurno', 'Pessoa jurídica', 'fixo', 205000, null, 225000)
)
insert into public.vagas
  (hospital_id, especialidade_id, setor_id, periodo_id, tipos_vaga_id, forma_recebimento_id, data,
   hora_inicio, hora_fim, valor_tipo, valor_centavos, valor_minimo_centavos,
   valor_maximo_centavos, origem)
select h.id, e.id, s.id, p.id, t.id, f.id, d.data, w.inicio, w.fim, w.valor_tipo, w.valor,
       w.minimo, w.maximo, 'exemplo'
  from semana w
  join public.hospitais h on h.nome = w.hospital
  join public.especialidades e on e.nome = w.especialidade
  join public.setores s on s.nome = w.setor
  join public.periodos p on p.nome = w.periodo
  join public.tipos_vaga t on t.nome = 'Avulso'
  join public.formas_recebimento f on f.nome = w.forma
  cross join lateral (
    select (api.agora() at time zone 'America/Sao_Paulo')::date + n as data
      from generate_series(1, 21) n) d
 where extract(isodow from d.data)::integer = any (w.dias)
   and not exists (
     select from public.vagas v
      where v.hospital_id = h.id and v.especialidade_id = e.id and v.data = d.data);

-- Who plays the manager on the Slack simulator's page; its other person is none.
insert into public.gestores (slack_id, nome) values ('U0ANA', 'Ana Souza')
on conflict (slack_id) do nothing;
