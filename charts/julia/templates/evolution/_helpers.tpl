{{/* Where Evolution's API is, for the services: ours, or the one given. */}}
{{- define "julia.evolution.url" -}}
{{- if .Values.evolution.enabled -}}
http://{{ include "julia.fullname" . }}-evolution:8080
{{- else -}}
{{- required "evolution.external.url: where Evolution API is, as evolution.enabled is false" .Values.evolution.external.url -}}
{{- end -}}
{{- end -}}
