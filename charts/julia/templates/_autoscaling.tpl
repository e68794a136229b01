{{/*
What scales a service: nothing, a HorizontalPodAutoscaler on CPU, or a ScaledObject of KEDA.
`due` names what is due: (dict "root" $ "component" "brain" "due" "turnos").
*/}}
{{- define "julia.autoscaler" -}}
{{- include "julia.checkReplicas" . -}}
{{- $mode := ((index .root.Values .component).autoscaling).mode | default "off" -}}
{{- if eq $mode "hpa" -}}{{- include "julia.horizontalPodAutoscaler" . -}}
{{- else if eq $mode "keda" -}}{{- include "julia.scaledObject" . -}}
{{- end -}}
{{- end -}}

{{/* Fails on numbers of pods that contradict each other, or that a service is not made for. */}}
{{- define "julia.checkReplicas" -}}
{{- $component := .component -}}
{{- $values := index .root.Values $component -}}
{{- $most := dict "ingest" 3 "dispatcher" 2 | dig $component 0 -}}
{{- $asked := dict (printf "%s.replicas" $component) ($values.replicas | default 1) -}}
{{- if and $values.autoscaling (ne $values.autoscaling.mode "off") -}}
{{- with $values.autoscaling -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- fail (printf "%s.autoscaling: minReplicas (%v) is above maxReplicas (%v)" $component .minReplicas .maxReplicas) -}}
{{- end -}}
{{- $asked = dict (printf "%s.autoscaling.maxReplicas" $component) .maxReplicas -}}
{{- end -}}
{{- end -}}
{{- range $name, $number := $asked -}}
{{- if and $most (gt (int $number) $most) -}}
{{- fail (printf "%s: %v is too many, %s runs as 1 to %d pods" $name $number $component $most) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Quick to add, slow to take away: a turn takes seconds, so a pod is only taken after minutes in which fewer
would have done, and then one a minute. What is in hand is finished before it ends.
*/}}
{{- define "julia.scalingBehavior" -}}
scaleUp:
  stabilizationWindowSeconds: 15
  selectPolicy: Max
  policies:
    - {type: Pods, value: 2, periodSeconds: 30}
scaleDown:
  stabilizationWindowSeconds: {{ (index .root.Values .component).autoscaling.scaleDownSeconds }}
  selectPolicy: Max
  policies:
    - {type: Pods, value: 1, periodSeconds: 60}
{{- end -}}

{{- define "julia.horizontalPodAutoscaler" -}}
{{- $scaling := (index .root.Values .component).autoscaling -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "julia.componentName" . }}
  labels: {{- include "julia.labels" . | nindent 4 }}
  annotations:
    # An upgrade to `keda` makes the ScaledObject before it takes this away; its webhook would refuse that.
    validations.keda.sh/hpa-ownership: "false"
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "julia.componentName" . }}
  minReplicas: {{ $scaling.minReplicas }}
  maxReplicas: {{ $scaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: AverageValue, averageValue: {{ $scaling.cpu | quote }}}
  behavior: {{- include "julia.scalingBehavior" . | nindent 4 }}
{{- end -}}

{{/*
The scheduler measures what is due in the database; every replica of it says the same. While everything is
paused it says 0: nothing that waits could be done by more pods.
*/}}
{{- define "julia.scaledObject" -}}
{{- $root := .root -}}
{{- $scaling := (index .root.Values .component).autoscaling -}}
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ include "julia.componentName" . }}
  labels: {{- include "julia.labels" . | nindent 4 }}
spec:
  scaleTargetRef:
    name: {{ include "julia.componentName" . }}
  minReplicaCount: {{ $scaling.minReplicas }}
  maxReplicaCount: {{ $scaling.maxReplicas }}
  pollingInterval: 10
  advanced:
    horizontalPodAutoscalerConfig:
      behavior: {{- include "julia.scalingBehavior" . | nindent 8 }}
  triggers:
    - type: cpu
      metricType: AverageValue
      metadata:
        value: {{ $scaling.cpu | quote }}
    {{- if .due }}
    {{- $wanted := dict (printf "julia_%s_liberados" .due) $scaling.due (printf "julia_%s_liberados_idade_segundos" .due) $scaling.dueAgeSeconds }}
    {{- range $metric, $target := $wanted }}
    {{- if $root.Values.keda.prometheusUrl }}
    - type: prometheus
      metricType: AverageValue
      metadata:
        serverAddress: {{ $root.Values.keda.prometheusUrl }}
        query: max({{ $metric }}{namespace={{ $root.Release.Namespace | quote }}})
        threshold: {{ $target | quote }}
        # A Prometheus that knows nothing of a backlog takes no pod away.
        ignoreNullValues: "false"
    {{- else }}
    - type: metrics-api
      metricType: AverageValue
      metadata:
        url: http://{{ include "julia.componentName" (dict "root" $root "component" "scheduler") }}.{{ $root.Release.Namespace }}.svc:8000/metrics
        format: prometheus
        valueLocation: {{ $metric }}
        targetValue: {{ $target | quote }}
    {{- end }}
    {{- end }}
    {{- end }}
{{- end -}}
