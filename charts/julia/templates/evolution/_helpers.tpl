{{/* Where Evolution's API is, for the services: ours, or the one given. */}}
{{- define "julia.evolution.url" -}}
{{- if .Values.evolution.enabled -}}
http://{{ include "julia.fullname" . }}-evolution:8080
{{- else -}}
{{- required "evolution.external.url: where Evolution API is, as evolution.enabled is false" .Values.evolution.external.url -}}
{{- end -}}
{{- end -}}

{{/* The Secret with DATABASE_CONNECTION_URI, Evolution's own database. */}}
{{- define "julia.evolution.databaseSecretName" -}}
{{- .Values.evolution.database.existingSecret | default (printf "%s-evolution-database" (include "julia.fullname" .)) -}}
{{- end -}}

{{- define "julia.evolution.claimName" -}}
{{- .Values.evolution.persistence.existingClaim | default (printf "%s-evolution" (include "julia.fullname" .)) -}}
{{- end -}}

{{/* Evolution stands still while its sessions are being restored. */}}
{{- define "julia.evolution.replicas" -}}
{{- with .Values.backup.restore -}}
{{- if and .enabled .evolution -}}0{{- else -}}1{{- end -}}
{{- end -}}
{{- end -}}
