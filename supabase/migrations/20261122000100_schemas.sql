-- Two schemas beside public: `api` is what PostgREST exposes (functions only), `private` holds
-- helpers that nobody outside may call. Tables stay in public so that the runbook's SQL works.

create schema if not exists api;
create schema if not exists private;

-- Functions are executable by PUBLIC unless the default says otherwise; nothing here may be.
alter default privileges revoke execute on functions from public;
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema api grant execute on functions to service_role;

revoke all on schema api from public;
revoke all on schema private from public;
grant usage on schema api to anon, authenticated, service_role;

-- Below the client's 3 s: a statement that outlives its caller would commit as an orphan.
alter role service_role set statement_timeout = '2500ms';
-- Compiling takes seconds where the query takes milliseconds: estimates mislead in small tables.
alter role service_role set jit = off;

-- Helpers that are one expression of built-in functions set no search_path: so they are inlined.

-- Names and texts are compared as people write them: without accents and case, nearly right.
create schema if not exists extensions;
create extension if not exists unaccent with schema extensions;
create extension if not exists pg_trgm with schema extensions;

-- Immutable as long as nobody edits the dictionary's rules, which come with PostgreSQL.
create function private.plain(conteudo text) returns text
language sql immutable strict parallel safe set search_path = ''
as $$ select lower(extensions.unaccent('extensions.unaccent'::regdictionary, conteudo)) $$;

-- The only clock that decides. Test databases replace this function to move time.
create function api.agora() returns timestamptz
language sql volatile
as $$ select pg_catalog.clock_timestamp() $$;

comment on function api.agora() is 'Now, by the one clock that decides (the database''s).';

-- The span of the call that is being served, as W3C `traceparent` (PostgREST hands the request's
-- headers over); null outside a trace.
create function private.traceparent() returns text
language sql stable set search_path = ''
as $$
  select substring(nullif(current_setting('request.headers', true), '')::json ->> 'traceparent'
                   from '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$')
$$;

create function private.argument_missing(field text, kind text) returns text
language plpgsql set search_path = ''
as $$
begin
  raise exception 'argument %: a % is required', field, kind
    using errcode = '22023', hint = 'See docs/reference/rpc.md for the arguments of each function.';
end $$;

create function private.need_text(p jsonb, field text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  v text := p ->> field;
begin
  if v is null or v = '' then
    return private.argument_missing(field, 'non-empty text');
  end if;
  return v;
end $$;

create function private.need_uuid(p jsonb, field text) returns uuid
language plpgsql immutable set search_path = ''
as $$
begin
  return private.need_text(p, field)::uuid;
exception when invalid_text_representation then
  return private.argument_missing(field, 'uuid');
end $$;

create function private.need_int(p jsonb, field text) returns bigint
language plpgsql immutable set search_path = ''
as $$
begin
  return private.need_text(p, field)::bigint;
exception when invalid_text_representation or numeric_value_out_of_range then
  return private.argument_missing(field, 'whole number');
end $$;

create function private.need_time(p jsonb, field text) returns timestamptz
language plpgsql stable set search_path = ''
as $$
begin
  return private.need_text(p, field)::timestamptz;
exception when invalid_datetime_format or datetime_field_overflow then
  return private.argument_missing(field, 'ISO 8601 time with zone');
end $$;

-- One of a closed set of words; the refusal lists them.
create function private.need_word(p jsonb, field text, variadic words text[]) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  v text := private.need_text(p, field);
begin
  if v <> all (words) then
    return private.argument_missing(field, 'word of ' || array_to_string(words, ', '));
  end if;
  return v;
end $$;

create function private.ms_until(at timestamptz, since timestamptz) returns bigint
language sql immutable
as $$ select case when at is null then null
             else greatest(0, ceil(extract(epoch from at - since) * 1000))::bigint end $$;

-- Must equal julia_common.contracts.text_hash to the byte: echoes are recognised by it.
create function private.text_hash(conteudo text) returns text
language sql immutable set search_path = ''
as $$ select encode(sha256(convert_to(btrim(conteudo, E' \n\r\t'), 'UTF8')), 'hex') $$;

-- What a message of ours is recognised by: its words, or its file where it has none. As
-- `content_hash` of julia_common.contracts.
create function private.content_hash(conteudo text, anexo jsonb) returns text
language sql immutable set search_path = ''
as $$ select case when btrim(conteudo, E' \n\r\t') <> '' or anexo is null
                  then private.text_hash(conteudo)
                  else encode(sha256(decode(anexo ->> 'base64', 'base64')), 'hex') end $$;
