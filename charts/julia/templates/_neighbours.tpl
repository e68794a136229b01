{{/*
What the pods of the neighbours (stores, Evolution, Chatwoot, backups) have in common. Arguments:
(dict "root" $ "values" .Values.redis), where `values` has the keys named below.
*/}}

{{/* Where such a pod may run: priorityClassName, nodeSelector, tolerations, affinity. */}}
{{- define "julia.neighbour.placement" -}}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Labels of such a pod, without Julia's version: a new Julia restarts no store. */}}
{{- define "julia.neighbour.podLabels" -}}
{{ include "julia.selectorLabels" . }}
app.kubernetes.io/part-of: julia
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The start of such a pod's spec; none of them talks to the Kubernetes API. `user`: of its image. */}}
{{- define "julia.neighbour.pod" -}}
{{- with include "julia.imagePullSecrets" .root }}
{{- . }}
{{ end -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "julia.podSecurityContext" (dict "user" .user "group" .group) | nindent 2 }}
{{- with include "julia.neighbour.placement" . | trim }}
{{ . }}
{{- end }}
{{- end -}}

{{/* The start of a container: its image and rights. */}}
{{- define "julia.neighbour.container" -}}
image: {{ include "julia.image" (dict "root" .root "image" .image) }}
imagePullPolicy: {{ .root.Values.global.imagePullPolicy }}
securityContext: {{- include "julia.containerSecurityContext" dict | nindent 2 }}
{{- end -}}

{{/* The spec of a claim by its values: accessMode, size, storageClass. Argument: the values. */}}
{{- define "julia.claimSpec" -}}
accessModes: [{{ .accessMode | default "ReadWriteOnce" }}]
{{- with .storageClass }}
storageClassName: {{ . }}
{{- end }}
resources:
  requests:
    storage: {{ .size }}
{{- end -}}

{{/*
A password of the chart's own making, which stands once it is there: the value given, else what the
Secret has, else a new one. Where charts are rendered without a cluster (GitOps) it would change at
each rendering: give an existing Secret there. (dict "root" $ "secret" name "key" key "value" given)
*/}}
{{- define "julia.password" -}}
{{- if .value -}}
{{- .value -}}
{{- else -}}
{{- $secret := lookup "v1" "Secret" .root.Release.Namespace .secret | default dict -}}
{{- with index ($secret.data | default dict) .key -}}
{{- b64dec . -}}
{{- else -}}
{{- randAlphaNum 32 -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether the Secret of a neighbour is made elsewhere: by hand, or by external-secrets. */}}
{{- define "julia.neighbour.secretIsGiven" -}}
{{- if or .values.existingSecret .root.Values.externalSecrets.enabled -}}true{{- end -}}
{{- end -}}

{{/* An affinity to the node where a component's pod is: a volume of ReadWriteOnce is there too. */}}
{{- define "julia.besides" -}}
podAffinity:
  requiredDuringSchedulingIgnoredDuringExecution:
    - topologyKey: kubernetes.io/hostname
      labelSelector:
        matchLabels: {{- include "julia.selectorLabels" . | nindent 10 }}
{{- end -}}
