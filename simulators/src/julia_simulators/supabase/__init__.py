"""Stand-in for hosted Supabase's Data API: what PostgREST does for `POST /rpc/<function>`.

The database behind it is a real PostgreSQL. Where it differs from PostgREST is written in
`docs/reference/supabase-simulator.md`.
"""
