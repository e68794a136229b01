{{/* Where RABBITMQ_URL is: a Secret's name and key, as a secretKeyRef or a projection's item reads them. */}}
{{- define "julia.rabbitmq.urlSecretName" -}}
{{- include "julia.fullname" . }}-rabbitmq
{{- end -}}
{{- define "julia.rabbitmq.urlSecretKey" -}}
RABBITMQ_URL
{{- end -}}
