{{/* What is backed up: a list of `supabase`, `redis`, `evolution`. */}}
{{- define "julia.backup.kinds" -}}
{{- $kinds := list -}}
{{- with .Values.backup -}}
{{- if .enabled -}}
{{- if .supabase.enabled }}{{ $kinds = append $kinds "supabase" }}{{ end -}}
{{- if and .redis.enabled $.Values.redis.enabled }}{{ $kinds = append $kinds "redis" }}{{ end -}}
{{- if and .evolution.enabled $.Values.evolution.enabled $.Values.evolution.persistence.enabled }}{{ $kinds = append $kinds "evolution" }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toYaml $kinds -}}
{{- end -}}

{{- define "julia.backup.claimName" -}}
{{- .Values.backup.target.pvc.existingClaim | default (printf "%s-backup" (include "julia.fullname" .)) -}}
{{- end -}}

{{/* The image of what dumps and restores a kind. (dict "root" $ "kind" "redis") */}}
{{- define "julia.backup.image" -}}
{{- toYaml (eq .kind "redis" | ternary .root.Values.redis.image .root.Values.backup.images.postgres) -}}
{{- end -}}

{{/* The environment of what dumps and restores a kind. */}}
{{- define "julia.backup.environment" -}}
{{- $root := .root -}}
- {name: WORK, value: /scratch}
- {name: HOME, value: /tmp}
- {name: PGCONNECT_TIMEOUT, value: "10"}
{{- if eq .kind "supabase" }}
- {name: SCHEMAS, value: {{ join " " $root.Values.backup.supabase.schemas | quote }}}
{{ include "julia.databaseEnv" $root }}
{{- else if eq .kind "redis" }}
- {name: REDIS_HOST, value: {{ include "julia.redis.host" $root }}}
- name: REDISCLI_AUTH
  valueFrom:
    secretKeyRef: {name: {{ include "julia.redis.urlSecretName" $root }}, key: password}
- name: OWN_HOST
  valueFrom:
    fieldRef: {fieldPath: status.podIP}
{{- else }}
- {name: INSTANCES, value: /evolution/instances}
- {name: EVOLUTION_HOST, value: {{ include "julia.fullname" $root }}-evolution}
- name: DATABASE_CONNECTION_URI
  valueFrom:
    secretKeyRef: {name: {{ include "julia.evolution.databaseSecretName" $root }}, key: DATABASE_CONNECTION_URI}
{{- end }}
{{- end -}}

{{/* The environment of what stores and fetches: rclone's remote and its keys. */}}
{{- define "julia.backup.targetEnvironment" -}}
{{- $target := .root.Values.backup.target -}}
- {name: WORK, value: /scratch}
- {name: KIND, value: {{ .kind }}}
- {name: HOME, value: /tmp}
- {name: RCLONE_CONFIG, value: /dev/null}
{{- if eq $target.type "s3" }}
{{- with $target.s3 }}
- {name: TARGET, value: {{ printf ":s3:%s/%s" (required "backup.target.s3.bucket: where backups go" .bucket) .prefix | trimSuffix "/" | quote }}}
- {name: RCLONE_S3_PROVIDER, value: {{ .provider | quote }}}
- {name: RCLONE_S3_ENV_AUTH, value: "true"}
- {name: RCLONE_S3_NO_CHECK_BUCKET, value: "true"}
{{- with .endpoint }}
- {name: RCLONE_S3_ENDPOINT, value: {{ . | quote }}}
{{- end }}
{{- with .region }}
- {name: RCLONE_S3_REGION, value: {{ . | quote }}}
{{- end }}
{{- $secret := required "backup.target.s3.existingSecret: a Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" .existingSecret }}
{{- range $key := list "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" }}
- name: {{ $key }}
  valueFrom:
    secretKeyRef: {name: {{ $secret }}, key: {{ $key }}}
{{- end }}
{{- end }}
{{- else }}
- {name: TARGET, value: /backups}
{{- end }}
{{- end -}}

{{/*
The spec of a Job's pod. Backing up, a first container dumps, a second stores and a third notes the
success in Julia's database; restoring, a first fetches and a second puts it back: each in the image that
it needs.
(dict "root" $ "kind" "redis" "verb" "backup")
*/}}
{{- define "julia.backup.pod" -}}
{{- $root := .root -}}
{{- $backup := $root.Values.backup -}}
{{- $isBackup := eq .verb "backup" -}}
{{- $isEvolution := eq .kind "evolution" -}}
{{- /* Files of Evolution belong to the user of its image. */ -}}
{{- $user := $isEvolution | ternary 1000 999 -}}
{{- $values := deepCopy $backup -}}
{{- if $isEvolution -}}
{{- /* Besides Evolution, whose volume it reads; restoring, Evolution's pod is gone. */ -}}
{{- $_ := set $values "affinity" ($isBackup | ternary (include "julia.besides" (dict "root" $root "component" "evolution") | fromYaml) dict) -}}
{{- end -}}
{{- /* One group, which the volume of all backups belongs to. */ -}}
{{- include "julia.neighbour.pod" (dict "root" $root "values" $values "user" $user "group" 1000) }}
restartPolicy: Never
initContainers:
  {{- if $isBackup }}
  - name: dump
    {{- include "julia.backup.native" (merge (dict "script" "dump") .) | nindent 4 }}
  - name: store
    {{- include "julia.backup.rclone" (merge (dict "script" "store") .) | nindent 4 }}
      - {name: RETENTION_DAYS, value: {{ $backup.retentionDays | quote }}}
containers:
  - name: record
    {{- include "julia.backup.recorder" . | nindent 4 }}
  {{- else }}
  - name: fetch
    {{- include "julia.backup.rclone" (merge (dict "script" "fetch") .) | nindent 4 }}
      - {name: BACKUP, value: {{ index $backup.restore .kind | quote }}}
containers:
  - name: restore
    {{- include "julia.backup.native" (merge (dict "script" "restore") .) | nindent 4 }}
      # Named as asked for: what was restored once is not restored again by the next upgrade.
      - {name: REQUEST, value: {{ include "julia.backup.request" . | quote }}}
  {{- end }}
volumes:
  - name: scripts
    configMap: {name: {{ include "julia.fullname" $root }}-backup}
  - name: work
    emptyDir: {}
  - name: tmp
    emptyDir: {}
  {{- if eq $backup.target.type "pvc" }}
  - name: backups
    persistentVolumeClaim: {claimName: {{ include "julia.backup.claimName" $root }}}
  {{- end }}
  {{- if eq .kind "supabase" }}
  {{- with include "julia.databaseVolumes" $root | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- end }}
  {{- if $isEvolution }}
  - name: instances
    persistentVolumeClaim: {claimName: {{ include "julia.evolution.claimName" $root }}, readOnly: {{ $isBackup }}}
  {{- end }}
{{- end -}}

{{/*
The spec of a pod that uses the claim of the backups once, and does nothing. Beside Evolution, whose
backup will need both their volumes on one node: many volumes are of one zone.
*/}}
{{- define "julia.backup.firstConsumer" -}}
{{- $backup := deepCopy .Values.backup -}}
{{- if and (has "evolution" (include "julia.backup.kinds" . | fromYamlArray)) (eq (include "julia.evolution.replicas" .) "1") -}}
{{- $_ := set $backup "affinity" (include "julia.besides" (dict "root" . "component" "evolution") | fromYaml) -}}
{{- end -}}
{{- include "julia.neighbour.pod" (dict "root" . "values" $backup "user" 999 "group" 1000) }}
restartPolicy: Never
containers:
  - name: claim
    {{- include "julia.neighbour.container" (dict "root" . "image" $backup.images.rclone) | nindent 4 }}
    command: [test, -w, /backups]
    resources: {{- toYaml $backup.resources | nindent 6 }}
    volumeMounts:
      - {name: backups, mountPath: /backups}
volumes:
  - name: backups
    persistentVolumeClaim: {claimName: {{ include "julia.backup.claimName" . }}}
{{- end -}}

{{- define "julia.backup.native" -}}
{{- include "julia.neighbour.container" (dict "root" .root "image" (include "julia.backup.image" . | fromYaml)) }}
command: [{{ eq .kind "evolution" | ternary "bash" "sh" }}, /scripts/{{ .script }}-{{ .kind }}.sh]
resources: {{- toYaml .root.Values.backup.resources | nindent 2 }}
volumeMounts:
  - {name: scripts, mountPath: /scripts, readOnly: true}
  - {name: work, mountPath: /scratch}
  - {name: tmp, mountPath: /tmp}
  {{- if eq .kind "evolution" }}
  - {name: instances, mountPath: /evolution/instances, readOnly: {{ eq .script "dump" }}}
  {{- else if eq .kind "supabase" }}
  {{- with include "julia.databaseMounts" .root | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- end }}
env:
  {{- include "julia.backup.environment" . | nindent 2 }}
{{- end -}}

{{/* Tells Julia's database, as its services do, what the scheduler then shows. */}}
{{- define "julia.backup.recorder" -}}
{{- $root := .root -}}
image: {{ include "julia.ownImage" (dict "root" $root "image" $root.Values.scheduler.image) }}
imagePullPolicy: {{ $root.Values.global.imagePullPolicy }}
securityContext: {{- include "julia.containerSecurityContext" dict | nindent 2 }}
command: [python, /scripts/record.py]
resources: {{- toYaml $root.Values.backup.resources | nindent 2 }}
volumeMounts:
  - {name: scripts, mountPath: /scripts, readOnly: true}
  - {name: work, mountPath: /scratch, readOnly: true}
env:
  - {name: WORK, value: /scratch}
  - {name: KIND, value: {{ .kind }}}
  - {name: SUPABASE_URL, value: {{ $root.Values.config.SUPABASE_URL | quote }}}
  - name: SUPABASE_SERVICE_KEY
    valueFrom:
      secretKeyRef: {name: {{ include "julia.secretName" (dict "root" $root "group" "supabase") }}, key: SUPABASE_SERVICE_KEY}
{{- end -}}

{{- define "julia.backup.rclone" -}}
{{- include "julia.neighbour.container" (dict "root" .root "image" .root.Values.backup.images.rclone) }}
command: [sh, /scripts/{{ .script }}.sh]
resources: {{- toYaml .root.Values.backup.resources | nindent 2 }}
volumeMounts:
  - {name: scripts, mountPath: /scripts, readOnly: true}
  - {name: work, mountPath: /scratch}
  - {name: tmp, mountPath: /tmp}
  {{- if eq .root.Values.backup.target.type "pvc" }}
  - {name: backups, mountPath: /backups}
  {{- end }}
env:
  {{- include "julia.backup.targetEnvironment" . | nindent 2 }}
{{- end -}}

{{/* What a restoring is known by. (dict "root" $ "kind" "redis") */}}
{{- define "julia.backup.request" -}}
{{- $restore := .root.Values.backup.restore -}}
{{- printf "%s %s" (index $restore .kind) $restore.request | trim -}}
{{- end -}}

{{/* The kinds that this upgrade restores; fails on what cannot be. */}}
{{- define "julia.backup.restored" -}}
{{- $kinds := list -}}
{{- $restore := .Values.backup.restore -}}
{{- if $restore.enabled -}}
{{- $able := include "julia.backup.kinds" . | fromYamlArray -}}
{{- range $kind := list "supabase" "redis" "evolution" -}}
{{- if index $restore $kind -}}
{{- if not (has $kind $able) -}}
{{- fail (printf "backup.restore.%s: needs backup.enabled, backup.%s.enabled, and the thing installed here" $kind $kind) -}}
{{- end -}}
{{- $kinds = append $kinds $kind -}}
{{- end -}}
{{- end -}}
{{- if not $kinds -}}
{{- fail "backup.restore.enabled: say what to restore: backup.restore.supabase, .redis or .evolution, a file's name or `latest`" -}}
{{- end -}}
{{- end -}}
{{- toYaml $kinds -}}
{{- end -}}
