# Read by bash: from DATABASE_CONNECTION_URI, PGPASSWORD and the URI `database` without the password,
# which must not be an argument, and without Prisma's parameters (?schema=), which libpq does not know.
[[ ${DATABASE_CONNECTION_URI%%\?*} =~ ^([a-z]+://[^:@/]+):([^@]*)@(.+)$ ]] || {
  echo "DATABASE_CONNECTION_URI is not postgresql://user:password@host:port/database" >&2
  exit 1
}
database=${BASH_REMATCH[1]}@${BASH_REMATCH[3]}
printf -v PGPASSWORD '%b' "${BASH_REMATCH[2]//%/\\x}"
export PGPASSWORD
