{{/* One service of Julia: account, Deployment, and what goes with it. (dict "root" $ "component" "brain") */}}
{{- define "julia.workload" -}}
{{ include "julia.serviceAccount" . }}
---
{{ include "julia.deployment" . }}
{{- if .service }}
---
{{ include "julia.service" . }}
{{- end }}
{{- if gt (include "julia.maxReplicas" . | int) 1 }}
---
{{ include "julia.podDisruptionBudget" . }}
{{- end }}
{{- with include "julia.autoscaler" . }}
---
{{ . }}
{{- end }}
{{- end -}}

{{/* The settings of all services that are no secrets: data of the ConfigMap. Argument: the root. */}}
{{- define "julia.config" -}}
{{- include "julia.requireValues" . -}}
JULIA_API_URL: {{ printf "http://%s:8000" (include "julia.componentName" (dict "root" . "component" "ingest")) }}
EVOLUTION_API_URL: {{ include "julia.evolution.url" . }}
{{- with .Values.tracing }}
{{- if .enabled }}
OTEL_TRACES_EXPORTER: otlp
OTEL_EXPORTER_OTLP_ENDPOINT: {{ .endpoint }}
OTEL_TRACES_SAMPLER: parentbased_traceidratio
OTEL_TRACES_SAMPLER_ARG: {{ .ratio | quote }}
{{- end }}
{{- end }}
{{- range $name, $value := .Values.config }}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) }}
{{ $name }}: {{ kindIs "float64" $value | ternary (include "julia.number" $value) (toString $value) | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* A number as a person writes it: Go would write 1e+06. */}}
{{- define "julia.number" -}}
{{- if eq (floor .) (float64 .) -}}{{- int64 . -}}{{- else -}}{{- . -}}{{- end -}}
{{- end -}}

{{- define "julia.serviceAccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "julia.componentName" . }}
  labels: {{- include "julia.labels" . | nindent 4 }}
automountServiceAccountToken: false
{{- end -}}

{{/*
Seconds that a service takes at most to finish what it has in hand after SIGTERM: what its code says
(`drain_seconds` in libs/common/src/julia_common/serve.py and in the services' bootstrap.py).
*/}}
{{- define "julia.drainSeconds" -}}
{{- $evolution := .root.Values.config.EVOLUTION_TIMEOUT_SECONDS | default 10 | float64 | ceil | int -}}
{{- if eq .component "dispatcher" -}}{{- add $evolution 10 -}}
{{- else if eq .component "scheduler" -}}{{- add $evolution 5 -}}
{{- else -}}20
{{- end -}}
{{- end -}}

{{/* Seconds before SIGTERM, in which proxies learn that a pod is leaving; only ingest has callers. */}}
{{- define "julia.preStopSeconds" -}}
{{- eq .component "ingest" | ternary 5 0 -}}
{{- end -}}

{{- define "julia.maxReplicas" -}}
{{- $values := index .root.Values .component -}}
{{- if and $values.autoscaling (ne ($values.autoscaling).mode "off") -}}
{{- $values.autoscaling.maxReplicas -}}
{{- else -}}
{{- $values.replicas | default 1 -}}
{{- end -}}
{{- end -}}

{{- define "julia.deployment" -}}
{{- $root := .root -}}
{{- $values := index .root.Values .component -}}
{{- $preStop := include "julia.preStopSeconds" . | int -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "julia.componentName" . }}
  labels: {{- include "julia.labels" . | nindent 4 }}
spec:
  {{- if eq (($values.autoscaling).mode | default "off") "off" }}
  replicas: {{ $values.replicas | default 1 }}
  {{- end }}
  revisionHistoryLimit: 5
  {{- if .recreate }}
  strategy:
    type: Recreate
  {{- else }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  {{- end }}
  selector:
    matchLabels: {{- include "julia.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels: {{- include "julia.podLabels" . | nindent 8 }}
      annotations:
        # A changed setting rolls the pods; a changed Secret reaches them as files (see UPGRADE.md).
        checksum/config: {{ include "julia.config" $root | sha256sum }}
        {{- with $values.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- with include "julia.imagePullSecrets" $root }}
      {{- . | nindent 6 }}
      {{- end }}
      serviceAccountName: {{ include "julia.componentName" . }}
      automountServiceAccountToken: {{ .token | default false }}
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ include "julia.drainSeconds" . | int | add $preStop 15 }}
      securityContext: {{- include "julia.podSecurityContext" dict | nindent 8 }}
      {{- include "julia.placement" . | nindent 6 }}
      containers:
        - name: {{ .component }}
          image: {{ include "julia.ownImage" (dict "root" $root "image" $values.image) }}
          imagePullPolicy: {{ $root.Values.global.imagePullPolicy }}
          securityContext: {{- include "julia.containerSecurityContext" dict | nindent 12 }}
          ports:
            - {name: http, containerPort: 8000}
          envFrom:
            - configMapRef: {name: {{ include "julia.fullname" $root }}-config}
          env:
            - {name: PORT, value: "8000"}
            {{- if $root.Values.tracing.enabled }}
            - name: K8S_POD_NAME
              valueFrom: {fieldRef: {fieldPath: metadata.name}}
            - name: OTEL_RESOURCE_ATTRIBUTES
              value: k8s.namespace.name={{ $root.Release.Namespace }},k8s.pod.name=$(K8S_POD_NAME)
            {{- end }}
            {{- range .env }}
            - {{ toYaml . | nindent 14 | trim }}
            {{- end }}
          # What a service says when it cannot start (a missing secret) is shown by `kubectl describe`.
          terminationMessagePolicy: FallbackToLogsOnError
          # Alive: the event loop turns. Ready: what the service owns is there. A neighbour that is
          # away never restarts a pod.
          startupProbe:
            httpGet: {path: /livez, port: http}
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet: {path: /livez, port: http}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          readinessProbe:
            httpGet: {path: /readyz, port: http}
            periodSeconds: 5
            timeoutSeconds: 4
            failureThreshold: 2
          {{- if $preStop }}
          lifecycle:
            preStop:
              sleep: {seconds: {{ $preStop }}}
          {{- end }}
          resources: {{- toYaml $values.resources | nindent 12 }}
          volumeMounts:
            - {name: secrets, mountPath: /etc/julia/secrets, readOnly: true}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: secrets
          projected:
            defaultMode: 0440
            sources:
              {{- include "julia.secretSources" . | trim | nindent 14 }}
              # Beside the secrets, because it too is followed while a service runs.
              - configMap:
                  name: {{ include "julia.fullname" $root }}-config
                  items: [{key: LOG_LEVEL, path: LOG_LEVEL}]
                  optional: true
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
{{- end -}}

{{/* Where pods may run; replicas keep apart where they can. */}}
{{- define "julia.placement" -}}
{{- $values := index .root.Values .component -}}
topologySpreadConstraints:
  {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "julia.selectorLabels" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "julia.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "julia.componentName" . }}
  labels: {{- include "julia.labels" . | nindent 4 }}
  {{- with .serviceAnnotations }}
  annotations: {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  selector: {{- include "julia.selectorLabels" . | nindent 4 }}
  ports:
    - {name: http, port: 8000, targetPort: http}
{{- end -}}

{{- define "julia.podDisruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "julia.componentName" . }}
  labels: {{- include "julia.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: {{- include "julia.selectorLabels" . | nindent 6 }}
{{- end -}}
