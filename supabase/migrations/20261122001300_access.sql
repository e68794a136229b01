-- Nobody reaches a table over the network: services call functions, managers use SQL as the owner.

do $$
declare
  t record;
begin
  for t in select tablename from pg_tables where schemaname = 'public' loop
    execute format('alter table public.%I enable row level security', t.tablename);
    execute format('revoke all on public.%I from anon, authenticated, service_role', t.tablename);
  end loop;
end $$;
revoke all on all sequences in schema public from anon, authenticated, service_role;

-- The clock alone needs no grant to callers; it is called inside.
revoke execute on function api.agora() from public, anon, authenticated, service_role;

notify pgrst, 'reload schema';
