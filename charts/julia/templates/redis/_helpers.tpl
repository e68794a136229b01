{{/* Where REDIS_URL is: a Secret's name and key, as a secretKeyRef or a projection's item reads them. */}}
{{- define "julia.redis.urlSecretName" -}}
{{- include "julia.fullname" . }}-redis
{{- end -}}
{{- define "julia.redis.urlSecretKey" -}}
REDIS_URL
{{- end -}}
