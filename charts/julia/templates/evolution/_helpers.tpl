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

{{/*
Evolution reads its key and its database's address at its start alone, so a new one out of the values
starts it again. Eight digits of the sum: enough to differ, too few to guess a weak key by.
*/}}
{{- define "julia.evolution.annotations" -}}
{{- $made := list -}}
{{- if not (include "julia.secretIsGiven" (dict "root" $ "group" "evolution")) -}}
{{- $made = append $made .Values.secrets.evolution.apiKey -}}
{{- end -}}
{{- if not (include "julia.neighbour.secretIsGiven" (dict "root" $ "values" .Values.evolution.database)) -}}
{{- $made = append $made .Values.evolution.database.url -}}
{{- end -}}
{{- with $made }}
checksum/secrets: {{ join " " . | sha256sum | trunc 8 | quote }}
{{- end }}
{{- with .Values.evolution.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}
