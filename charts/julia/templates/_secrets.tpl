{{/*
Every secret setting: its group and value below `secrets`, who reads it, and whether it must be there.
Secrets, mounted files and the check below are all made from this table.
*/}}
{{- define "julia.secretTable" -}}
SUPABASE_SERVICE_KEY: {group: supabase, value: serviceKey, readers: [brain, dispatcher, scheduler, operator], required: true}
PGPASSWORD: {group: database, value: password, readers: [], required: {{ include "julia.usesDatabase" . | empty | not }}}
ANTHROPIC_API_KEY: {group: anthropic, value: apiKey, readers: [brain], required: true}
EVOLUTION_API_KEY: {group: evolution, value: apiKey, readers: [brain, dispatcher, scheduler], required: true}
EVOLUTION_WEBHOOK_SECRET: {group: webhook, value: secret, readers: [ingest, scheduler], required: true}
EVOLUTION_WEBHOOK_SECRET_PREVIOUS: {group: webhook, value: previousSecret, readers: [ingest]}
EVOLUTION_JWT_KEY: {group: webhook, value: jwtKey, readers: [ingest]}
QUARANTINE_KEY: {group: keys, value: quarantine, readers: [ingest], required: true}
DOCUMENTS_KEY: {group: keys, value: documents, readers: [brain], required: true}
SLACK_WEBHOOK_URL: {group: slack, value: webhookUrl, readers: [scheduler]}
SLACK_SIGNING_SECRET: {group: slack, value: signingSecret, readers: [ingest]}
SLACK_SIGNING_SECRET_PREVIOUS: {group: slack, value: previousSigningSecret, readers: [ingest]}
CHATWOOT_API_TOKEN: {group: people, value: chatwootToken, readers: [scheduler], required: {{ .Values.config.CHATWOOT_URL | empty | not }}}
CHATWOOT_WEBHOOK_SECRET: {group: people, value: chatwootWebhookSecret, readers: [ingest]}
TRANSCRIPTION_API_KEY: {group: transcription, value: apiKey, readers: [brain]}
{{- end -}}

{{/* Whether anything of this release speaks to the database itself: migrations, or its backup. */}}
{{- define "julia.usesDatabase" -}}
{{- if or .Values.migrations.enabled (has "supabase" (include "julia.backup.kinds" . | fromYamlArray)) -}}true{{- end -}}
{{- end -}}

{{/*
Whether a group is read from the vault: one that she cannot do without, or one that is known to be there.
What is not there an ExternalSecret would wait for, and `helm install --wait` with it.
*/}}
{{- define "julia.secretIsInVault" -}}
{{- $external := .root.Values.externalSecrets -}}
{{- if and $external.enabled (not (index .root.Values.secrets .group).existingSecret) -}}
{{- $wanted := has .group $external.optional -}}
{{- range include "julia.secretTable" .root | fromYaml -}}
{{- if and (eq .group $.group) .required -}}{{- $wanted = true -}}{{- end -}}
{{- end -}}
{{- if $wanted -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether the Secret of a group is made elsewhere: by hand, or by external-secrets. */}}
{{- define "julia.secretIsGiven" -}}
{{- if or (index .root.Values.secrets .group).existingSecret (include "julia.secretIsInVault" .) -}}true{{- end -}}
{{- end -}}

{{/* Fails with all that is missing at once, and how to set it. Argument: the root. */}}
{{- define "julia.requireValues" -}}
{{- $missing := list -}}
{{- if not .Values.config.SUPABASE_URL -}}
{{- $missing = append $missing "  SUPABASE_URL: set config.SUPABASE_URL to the URL of the Supabase project" -}}
{{- end -}}
{{- if and (include "julia.usesDatabase" .) (not .Values.database.host) -}}
{{- $missing = append $missing "  PGHOST: set database.host to the host of the database behind Supabase, or migrations.enabled and backup.supabase.enabled to false" -}}
{{- end -}}
{{- if and (include "julia.usesDatabase" .) (eq (int .Values.database.port) 6543) -}}
{{- $missing = append $missing "  PGPORT: 6543 is a pooler in transaction mode, where the lock of the migrations does not hold: set database.port to 5432, the database's own or the session pooler's" -}}
{{- end -}}
{{- if and .Values.tracing.enabled (not .Values.tracing.endpoint) -}}
{{- $missing = append $missing "  OTEL_EXPORTER_OTLP_ENDPOINT: set tracing.endpoint to the collector's URL, or tracing.enabled to false" -}}
{{- end -}}
{{- $database := .Values.evolution.database -}}
{{- if and .Values.evolution.enabled (not (or $database.existingSecret $database.url (.Values.externalSecrets).enabled)) -}}
{{- $missing = append $missing "  DATABASE_CONNECTION_URI: set evolution.database.existingSecret (a Secret with that key) or evolution.database.url to Evolution's own PostgreSQL database, or evolution.enabled to false" -}}
{{- end -}}
{{- range $name, $secret := include "julia.secretTable" . | fromYaml -}}
{{- if and $secret.required (not (include "julia.secretIsGiven" (dict "root" $ "group" $secret.group))) -}}
{{- if not (index $.Values.secrets $secret.group $secret.value) -}}
{{- $missing = append $missing (printf "  %s: set secrets.%s.existingSecret (a Secret with the key %s) or secrets.%s.%s" $name $secret.group $name $secret.group $secret.value) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $missing -}}
{{- fail (printf "\n\nJulia cannot start without these:\n%s\n" (join "\n" $missing)) -}}
{{- end -}}
{{- end -}}

{{/*
Where a component's secrets are, by setting: {secret, key}; also of what is not given yet, so that no pod
is replaced when it comes, such as the webhook secret before while that is replaced.
*/}}
{{- define "julia.secretRefs" -}}
{{- $root := .root -}}
{{- $component := .component -}}
{{- $refs := dict -}}
{{- if ne $component "operator" -}}
{{- $refs = dict
  "RABBITMQ_URL" (dict "secret" (include "julia.rabbitmq.urlSecretName" $root) "key" (include "julia.rabbitmq.urlSecretKey" $root))
  "REDIS_URL" (dict "secret" (include "julia.redis.urlSecretName" $root) "key" (include "julia.redis.urlSecretKey" $root)) -}}
{{- end -}}
{{- range $name, $secret := include "julia.secretTable" $root | fromYaml -}}
{{- if has $component $secret.readers -}}
{{- $_ := set $refs $name (dict "secret" (include "julia.secretName" (dict "root" $root "group" $secret.group)) "key" $name) -}}
{{- end -}}
{{- end -}}
{{- toYaml $refs -}}
{{- end -}}

{{/*
A component's secrets as files named by the setting. All of them are optional here: a pod without one
starts, and the service ends at once with the list of all that is missing, which the pod's status shows.
One that is not optional would have the pod hang, and its Event would name only the first.
*/}}
{{- define "julia.secretSources" -}}
{{- range $name, $ref := include "julia.secretRefs" . | fromYaml }}
- secret:
    name: {{ $ref.secret }}
    items: [{key: {{ $ref.key }}, path: {{ $name }}}]
    optional: true
{{- end }}
{{- end -}}
