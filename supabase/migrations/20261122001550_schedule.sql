-- The scheduler's plan: the clock that it reads.

create function api.now(p jsonb) returns jsonb
language sql volatile security definer set search_path = '' set lock_timeout = '450ms'
as $$ select jsonb_build_object('agora', api.agora()) $$;
