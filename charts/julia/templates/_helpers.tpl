{{/*
Names, labels and what every pod has in common. Arguments of helpers with more than one:
(dict "root" $ "component" "ingest").
*/}}

{{/*
The release's name, and the chart's where the release is called otherwise: `julia`. So short that a
CronJob's name (`-backup-evolution`) stays within its 52 characters.
*/}}
{{- define "julia.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 35 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 35 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 35 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* The name of a component's resources: `julia-brain`. Ingest is "API Julia": `julia-api`. */}}
{{- define "julia.componentName" -}}
{{- printf "%s-%s" (include "julia.fullname" .root) (eq .component "ingest" | ternary "api" .component) -}}
{{- end -}}

{{/* What selects a component's pods; never changes within a release. */}}
{{- define "julia.selectorLabels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels of a component's pods: nothing of the chart's version, which alone should not roll them. */}}
{{- define "julia.podLabels" -}}
{{ include "julia.selectorLabels" . }}
{{- with .root.Chart.AppVersion }}
app.kubernetes.io/version: {{ . | quote }}
{{- end }}
app.kubernetes.io/part-of: julia
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* All labels of a component's resources. */}}
{{- define "julia.labels" -}}
{{ include "julia.podLabels" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/*
An image's reference: (dict "root" $ "image" .Values.x.image). `image` has `repository`, and may have
`registry` (else global.imageRegistry), `tag` (else the chart's appVersion) and `digest`, which wins.
*/}}
{{- define "julia.image" -}}
{{- $registry := .image.registry | default .root.Values.global.imageRegistry -}}
{{- $name := .image.repository -}}
{{- if $registry -}}{{- $name = printf "%s/%s" (trimSuffix "/" $registry) $name -}}{{- end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $name .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The same of an image that this repository builds: `image` says what they have in common. */}}
{{- define "julia.ownImage" -}}
{{- $common := .root.Values.image -}}
{{- $image := dict
  "repository" .image.repository
  "registry" (.image.registry | default $common.registry)
  "tag" (.image.tag | default $common.tag)
  "digest" .image.digest -}}
{{- include "julia.image" (dict "root" .root "image" $image) -}}
{{- end -}}

{{/* `imagePullSecrets` of a pod, if there are any. Argument: the root. */}}
{{- define "julia.imagePullSecrets" -}}
{{- with .Values.global.imagePullSecrets -}}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end -}}
{{- end -}}

{{/*
The security context of a pod, as Pod Security `restricted` wants it: (dict "user" 10001). Julia's own
images run as 10001; a neighbour's image says which user it has. `group`: whose its volumes are.
*/}}
{{- define "julia.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: {{ .user | default 10001 }}
runAsGroup: {{ .group | default .user | default 10001 }}
fsGroup: {{ .group | default .user | default 10001 }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* The same of a container: (dict "writable" true) where an image cannot live with a read-only root. */}}
{{- define "julia.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: {{ not .writable }}
capabilities:
  drop: [ALL]
{{- end -}}

{{/*
The name of the Secret of a key group (`secrets.<group>`): the one given, or ours.
(dict "root" $ "group" "supabase"). ExternalSecrets write into our names.
*/}}
{{- define "julia.secretName" -}}
{{- $group := index .root.Values.secrets .group -}}
{{- $group.existingSecret | default (printf "%s-%s" (include "julia.fullname" .root) .group) -}}
{{- end -}}

{{/* The environment of whatever speaks to the database itself: psql, pg_dump. Argument: the root. */}}
{{- define "julia.databaseEnv" -}}
{{- include "julia.databaseEnvWith" (dict "root" . "secret" (include "julia.secretName" (dict "root" . "group" "database"))) -}}
{{- end -}}

{{/*
The same with the password of another Secret: (dict "root" $ "secret" "name"). With `optional` its pod starts
without that Secret, and is told whose password it misses (PASSWORD_SECRET), to say so.
*/}}
{{- define "julia.databaseEnvWith" -}}
{{- with .root.Values.database -}}
- {name: PGHOST, value: {{ required "database.host: the database's host, for migrations and backups" .host | quote }}}
- {name: PGPORT, value: {{ .port | quote }}}
- {name: PGDATABASE, value: {{ .name | quote }}}
- {name: PGUSER, value: {{ .user | quote }}}
- {name: PGSSLMODE, value: {{ .sslmode | quote }}}
{{- if include "julia.databaseVolumes" $.root }}
- {name: PGSSLROOTCERT, value: /etc/julia/database/ca.crt}
{{- end }}
{{- end }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef: {name: {{ .secret }}, key: PGPASSWORD{{ if .optional }}, optional: true{{ end }}}
{{- if .optional }}
- {name: PASSWORD_SECRET, value: {{ .secret }}}
{{- end }}
{{- end -}}

{{/* The authority that signs the database's certificate, where one is given. Argument: the root. */}}
{{- define "julia.databaseVolumes" -}}
{{- $ca := .Values.database.ca -}}
{{- $checks := hasPrefix "verify-" .Values.database.sslmode -}}
{{- if and $checks (not (or $ca.secret $ca.configMap)) -}}
{{- fail (printf "database.ca: sslmode %s needs the authority of the database's certificate: set database.ca.secret or database.ca.configMap to what holds it" .Values.database.sslmode) -}}
{{- end -}}
{{- if $ca.secret }}
- name: database-ca
  secret: {secretName: {{ $ca.secret }}, items: [{key: {{ $ca.key }}, path: ca.crt}]}
{{- else if $ca.configMap }}
- name: database-ca
  configMap: {name: {{ $ca.configMap }}, items: [{key: {{ $ca.key }}, path: ca.crt}]}
{{- end }}
{{- end -}}

{{/* Where whatever speaks to the database finds it. */}}
{{- define "julia.databaseMounts" -}}
{{- if include "julia.databaseVolumes" . }}
- {name: database-ca, mountPath: /etc/julia/database, readOnly: true}
{{- end }}
{{- end -}}
