-- Functions that the contract suite calls. The suite loads this file itself in front of the
-- simulator; in front of a real PostgREST, load it beforehand as the owner of schema api.
-- Repeating it is harmless.

create schema if not exists api;
grant usage on schema api to anon, authenticated, service_role;
alter default privileges revoke execute on functions from public;

create table if not exists public.contrato_linhas (
  id text primary key,
  chamadas integer not null default 1
);
create sequence if not exists public.contrato_tentativas;

create or replace function api.contrato_eco(p jsonb) returns jsonb
language sql immutable as $$ select p $$;

create or replace function api.contrato_soma(a integer, b integer default 10) returns integer
language sql immutable as $$ select a + b $$;

create or replace function api.contrato_texto() returns text
language sql immutable as $$ select 'olá "você"' $$;

create or replace function api.contrato_nulo() returns jsonb
language sql immutable as $$ select null::jsonb $$;

create or replace function api.contrato_vazio(p jsonb) returns void
language sql as $$ select $$;

create or replace function api.contrato_conjunto(n integer) returns setof integer
language sql immutable as $$ select generate_series(1, n) $$;

create or replace function api.contrato_tabela(n integer) returns table (numero integer, nome text)
language sql immutable as $$ select g, 'n' || g from generate_series(1, n) g $$;

create or replace function api.contrato_sem_nome(json) returns json
language sql immutable as $$ select $1 $$;

create or replace function api.contrato_sobrecarga(p jsonb) returns text
language sql immutable as $$ select 'um' $$;

create or replace function api.contrato_sobrecarga(p jsonb, q text) returns text
language sql immutable as $$ select 'dois' $$;

create or replace function api.contrato_ambigua(p jsonb) returns text
language sql immutable as $$ select 'jsonb' $$;

create or replace function api.contrato_ambigua(p text) returns text
language sql immutable as $$ select 'text' $$;

create or replace function api.contrato_contexto() returns jsonb
language sql stable as $$
  select jsonb_build_object(
    'role', current_user,
    'claims', current_setting('request.jwt.claims')::jsonb,
    'method', current_setting('request.method'),
    'path', current_setting('request.path'),
    'headers', current_setting('request.headers')::jsonb,
    'search_path', current_setting('search_path'),
    'statement_timeout', current_setting('statement_timeout'),
    'read_only', current_setting('transaction_read_only'))
$$;

create or replace function api.contrato_prazo(p jsonb) returns text
language sql volatile set statement_timeout = '300ms'
as $$ select pg_sleep((p ->> 'segundos')::double precision)::text $$;

create or replace function api.contrato_dorme(p jsonb) returns text
language sql volatile as $$ select pg_sleep((p ->> 'segundos')::double precision)::text $$;

-- Raises what it is asked to.
create or replace function api.contrato_erro(p jsonb) returns jsonb
language plpgsql as $$
begin
  raise exception using errcode = p ->> 'codigo', message = coalesce(p ->> 'mensagem', 'falhou'),
    detail = coalesce(p ->> 'detalhe', 'o detalhe'), hint = coalesce(p ->> 'dica', 'a dica');
end $$;

create or replace function api.contrato_grava(p jsonb) returns jsonb
language sql volatile security definer set search_path = '' as $$
  insert into public.contrato_linhas (id) values (p ->> 'id')
  on conflict (id) do update set chamadas = public.contrato_linhas.chamadas + 1
  returning jsonb_build_object('chamadas', chamadas)
$$;

create or replace function api.contrato_grava_e_falha(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  perform api.contrato_grava(p);
  raise exception 'depois de gravar' using errcode = '22023';
end $$;

-- Declared stable although it writes: PostgREST calls it in a read-only transaction.
create or replace function api.contrato_estavel_que_grava(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  return api.contrato_grava(p);
end $$;

create or replace function api.contrato_unico(p jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  insert into public.contrato_linhas (id) values (p ->> 'id');
  return p;
end $$;

create or replace function api.contrato_tabela_alheia(p jsonb) returns bigint
language sql volatile as $$ select count(*) from public.contrato_linhas $$;

-- Fails with 40001 as often as asked; sequences survive the rollback.
create or replace function api.contrato_serializacao(p jsonb) returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  n bigint := nextval('public.contrato_tentativas');
begin
  if n < (p ->> 'ate')::bigint then
    raise exception 'conflito' using errcode = '40001';
  end if;
  perform setval('public.contrato_tentativas', 1, false);
  return n;
end $$;

revoke all on public.contrato_linhas from anon, authenticated, service_role;
revoke execute on all functions in schema api from public, anon, authenticated;
grant execute on all functions in schema api to service_role;
grant execute on function api.contrato_texto(), api.contrato_contexto() to anon, authenticated;

notify pgrst, 'reload schema';
