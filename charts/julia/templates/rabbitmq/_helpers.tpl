{{/*
Where RABBITMQ_URL is: a Secret's name and key, as a secretKeyRef or a projection's item reads them.
RabbitMQ's operator makes a Secret of its own, with the whole URL in `connection_string`.
*/}}
{{- define "julia.rabbitmq.urlSecretName" -}}
{{- $own := printf "%s-rabbitmq" (include "julia.fullname" .) -}}
{{- if include "julia.rabbitmq.byOperator" . -}}
{{- printf "%s-default-user" $own -}}
{{- else -}}
{{- .Values.rabbitmq.existingSecret | default $own -}}
{{- end -}}
{{- end -}}
{{- define "julia.rabbitmq.urlSecretKey" -}}
{{- if include "julia.rabbitmq.byOperator" . -}}connection_string{{- else -}}RABBITMQ_URL{{- end -}}
{{- end -}}

{{- define "julia.rabbitmq.byOperator" -}}
{{- if and .Values.rabbitmq.enabled .Values.rabbitmq.operator.enabled -}}true{{- end -}}
{{- end -}}

{{/* What is the same with and without the operator. */}}
{{- define "julia.rabbitmq.config" -}}
# Every queue of Julia says that it is a quorum queue; so is one that a person makes.
default_queue_type = quorum
disk_free_limit.absolute = {{ .Values.rabbitmq.diskFreeLimit }}
vm_memory_high_watermark.relative = 0.6
# Small: of the size of our backlog, and kept in memory.
raft.wal_max_size_bytes = 67108864
{{- end -}}
