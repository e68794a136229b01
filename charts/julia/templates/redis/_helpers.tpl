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
