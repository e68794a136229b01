{{/* Where REDIS_URL is: a Secret's name and key, as a secretKeyRef or a projection's item reads them. */}}
{{- define "julia.redis.urlSecretName" -}}
{{- .Values.redis.existingSecret | default (printf "%s-redis" (include "julia.fullname" .)) -}}
{{- end -}}
{{- define "julia.redis.urlSecretKey" -}}
REDIS_URL
{{- end -}}

{{/* The host of our own Redis. */}}
{{- define "julia.redis.host" -}}
{{- include "julia.fullname" . }}-redis
{{- end -}}

{{/* Its configuration, and what starts it. */}}
{{- define "julia.redis.files" -}}
redis.conf: |
  dir /data
  appendonly yes
  appendfsync everysec
  # Nothing may be evicted: a counter that is gone reads as deleted by a person.
  maxmemory {{ .Values.redis.maxmemory }}
  maxmemory-policy noeviction
  save 900 1 300 100
  protected-mode no
# The password comes by the environment and reaches neither an argument nor a file on a disk.
start.sh: |
  set -eu
  umask 077
  password=$(printf %s "$REDISCLI_AUTH" | sed 's/[\\"]/\\&/g')
  { cat /etc/redis/redis.conf; printf 'requirepass "%s"\n' "$password"; } >/run/redis/redis.conf
  unset REDISCLI_AUTH
  exec redis-server /run/redis/redis.conf
{{- end -}}
