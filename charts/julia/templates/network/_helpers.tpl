{{/*
Peers and rules of NetworkPolicies. A policy lets in and out what it lists and nothing else; answers to
what was let in need no rule.
*/}}

{{/* Pods of this release, by component. (dict "root" $ "components" (list "brain")) */}}
{{- define "julia.network.pods" -}}
- podSelector:
    matchLabels:
      app.kubernetes.io/instance: {{ .root.Release.Name }}
      app.kubernetes.io/name: {{ .root.Chart.Name }}
    matchExpressions:
      - {key: app.kubernetes.io/component, operator: In, values: [{{ join ", " .components }}]}
{{- end -}}

{{/* A way to a component: (dict "root" $ "component" "redis" "port" 6379). */}}
{{- define "julia.network.to" -}}
- to: {{- include "julia.network.pods" (dict "root" .root "components" (list .component)) | nindent 4 }}
  ports: [{port: {{ .port }}, protocol: TCP}]
{{- end -}}

{{/* The cluster's names. */}}
{{- define "julia.network.dns" -}}
- to: {{- toYaml .Values.networkPolicy.dns.to | nindent 4 }}
  ports:
    - {port: {{ .Values.networkPolicy.dns.port }}, protocol: UDP}
    - {port: {{ .Values.networkPolicy.dns.port }}, protocol: TCP}
{{- end -}}

{{/*
A way to the address of a URL: (dict "root" $ "url" "https://x.supabase.co"). Policies know no names. A
host of the cluster is any pod of its namespace, on any port: theirs count, and the URL has the Service's.
Such are hosts without a dot, of the release's own namespace, and those of `<namespace>.svc` or
`<namespace>.svc.cluster.local`. Others are anything of `networkPolicy.internet` on the URL's port; one of
two names may be either (`postgres.dados`, `example.com`), and is let be both.
*/}}
{{- define "julia.network.url" -}}
{{- $url := urlParse .url -}}
{{- $host := splitList ":" $url.host | first -}}
{{- $port := dict "http" "80" "https" "443" "amqp" "5672" "amqps" "5671" "redis" "6379" "rediss" "6379" "postgresql" "5432" "postgres" "5432" | dig $url.scheme "443" -}}
{{- with regexFind ":[0-9]+$" $url.host }}{{ $port = trimPrefix ":" . }}{{ end -}}
{{- $names := splitList "." $host -}}
{{- $isAddress := hasPrefix "[" $host -}}
{{- if and (eq (len $names) 1) (not $isAddress) -}}
- to: [{podSelector: {}}]
{{- else if regexMatch "^[^.]+\\..+\\.svc(\\.cluster\\.local)?$" $host -}}
{{- $names = splitList "." (trimSuffix ".svc" (trimSuffix ".cluster.local" $host)) -}}
{{- include "julia.network.namespace" (last $names) -}}
{{- else -}}
- to: {{- toYaml .root.Values.networkPolicy.internet | nindent 4 }}
  ports: [{port: {{ $port }}, protocol: TCP}]
{{- if eq (len $names) 2 }}
{{ include "julia.network.namespace" (last $names) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* To any pod of the namespace of this name. */}}
{{- define "julia.network.namespace" -}}
- to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: {{ quote . }}}}}]
{{- end -}}

{{/* A way in from components: (dict "root" $ "components" (list "test") "port" 8000). */}}
{{- define "julia.network.from" -}}
- from: {{- include "julia.network.pods" . | nindent 4 }}
  ports: [{port: {{ .port }}, protocol: TCP}]
{{- end -}}

{{/* A way in from peers of the values, or from anyone: (dict "from" <peers> "port" 8000). */}}
{{- define "julia.network.open" -}}
- ports: [{port: {{ .port }}, protocol: TCP}]
  {{- with .from }}
  from: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* From outside to ingest, where there is an edge or somebody was named. */}}
{{- define "julia.network.edge" -}}
{{- if or (ne .Values.edge.mode "off") .Values.networkPolicy.edgeFrom -}}
{{- include "julia.network.open" (dict "from" .Values.networkPolicy.edgeFrom "port" 8000) -}}
{{- end -}}
{{- end -}}

{{- define "julia.network.chatwoot" -}}
{{- include "julia.network.open" (dict "from" .Values.networkPolicy.chatwootFrom "port" 3000) -}}
{{- end -}}

{{/* KEDA's questions to the scheduler, where anything is scaled by them. */}}
{{- define "julia.network.keda" -}}
{{- $modes := list .Values.brain.autoscaling.mode .Values.dispatcher.autoscaling.mode -}}
{{- if and (has "keda" $modes) (not .Values.keda.prometheusUrl) -}}
{{- include "julia.network.open" (dict "from" .Values.networkPolicy.kedaFrom "port" 8000) -}}
{{- end -}}
{{- end -}}

{{/* To the API server, whose address policies see after the Service's is translated. */}}
{{- define "julia.network.kubernetesApi" -}}
{{- with .Values.networkPolicy.kubernetesApi -}}
- ports:
    {{- range .ports }}
    - {port: {{ . }}, protocol: TCP}
    {{- end }}
  {{- with .to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/*
To Redis or RabbitMQ, ours or elsewhere: (dict "root" $ "neighbour" "redis" "port" 6379). Where only a
Secret knows the address, to its port anywhere.
*/}}
{{- define "julia.network.neighbour" -}}
{{- $values := index .root.Values .neighbour -}}
{{- if and (eq .neighbour "rabbitmq") (include "julia.rabbitmq.byOperator" .root) -}}
- to:
    - podSelector:
        matchLabels:
          app.kubernetes.io/name: {{ include "julia.fullname" .root }}-rabbitmq
          app.kubernetes.io/component: rabbitmq
  ports: [{port: {{ .port }}, protocol: TCP}]
{{- else if $values.enabled -}}
{{- include "julia.network.to" (dict "root" .root "component" .neighbour "port" .port) -}}
{{- else if $values.external.url -}}
{{- include "julia.network.url" (dict "root" .root "url" $values.external.url) -}}
{{- else -}}
- ports: [{port: {{ index .root.Values.networkPolicy.externalPorts .neighbour }}, protocol: TCP}]
{{- end -}}
{{- end -}}

{{/* To a neighbour's own database: (dict "root" $ "url" <or empty> "port" 5432). */}}
{{- define "julia.network.databaseOf" -}}
{{- if .url -}}
{{- include "julia.network.url" . -}}
{{- else -}}
- ports: [{port: {{ .port }}, protocol: TCP}]
{{- end -}}
{{- end -}}

{{/* Adds the ways of backups and restores to `ways`. */}}
{{- define "julia.network.backup" -}}
{{- $root := .root -}}
{{- $dns := .dns -}}
{{- $ways := .ways -}}
{{- $database := .database -}}
{{- range $kind := include "julia.backup.kinds" $root | fromYamlArray -}}
{{- range $verb := list "backup" "restore" -}}
{{- /* A backup tells Julia's database that it has been stored. */ -}}
{{- $egress := eq $verb "backup" | ternary (list $dns $.supabase) (list $dns) -}}
{{- $ingress := list -}}
{{- if eq $root.Values.backup.target.type "s3" -}}
{{- $egress = append $egress (include "julia.network.url" (dict "root" $root "url" ($root.Values.backup.target.s3.endpoint | default "https://s3.amazonaws.com"))) -}}
{{- end -}}
{{- if eq $kind "supabase" -}}
{{- $egress = append $egress $database -}}
{{- else if eq $kind "redis" -}}
{{- $egress = append $egress (include "julia.network.to" (dict "root" $root "component" "redis" "port" 6379)) -}}
{{- if eq $verb "restore" -}}
{{- $ingress = append $ingress (include "julia.network.from" (dict "root" $root "components" (list "redis") "port" 6379)) -}}
{{- end -}}
{{- else -}}
{{- with $root.Values.evolution -}}
{{- $egress = append $egress (include "julia.network.databaseOf" (dict "root" $root "url" .database.url "port" .database.port)) -}}
{{- end -}}
{{- if eq $verb "restore" -}}
{{- $egress = append $egress (include "julia.network.to" (dict "root" $root "component" "evolution" "port" 8080)) -}}
{{- end -}}
{{- end -}}
{{- if or (eq $verb "backup") (and $root.Values.backup.restore.enabled (index $root.Values.backup.restore $kind)) -}}
{{- $_ := set $ways (printf "%s-%s" $verb $kind) (dict "ingress" $ingress "egress" $egress) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
One policy. (dict "root" $ "component" "brain" "ingress" <list of rules> "egress" <the same>), and
`annotations`, if it has any.
*/}}
{{- define "julia.network.policy" -}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "julia.componentName" . }}
  labels: {{- include "julia.labels" . | nindent 4 }}
  {{- with .annotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels: {{- include "julia.selectorLabels" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- range $direction := list "ingress" "egress" }}
  {{- $rules := without (index $ $direction) "" | uniq }}
  {{- if $rules }}
  {{ $direction }}:
    {{- range $rules }}
    {{- . | trim | nindent 4 }}
    {{- end }}
  {{- end }}
  {{- end }}
{{- end -}}
