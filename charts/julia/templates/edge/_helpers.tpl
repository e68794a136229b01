{{- define "julia.edge.name" -}}
{{- include "julia.fullname" . }}-edge
{{- end -}}

{{/* What the values of the edge must agree on; fails with what to set. */}}
{{- define "julia.edge.check" -}}
{{- $edge := .Values.edge -}}
{{- $_ := required "edge.host: the name under which webhooks come from outside, as edge.mode is not off" $edge.host -}}
{{- if and (or (eq $edge.mode "ingress") $edge.gateway.create) (not $edge.tls.secretName) -}}
{{- fail "edge.tls.secretName: the Secret of the certificate of edge.host; there is no edge without TLS" -}}
{{- end -}}
{{- if and $edge.rateLimit.enabled (not $edge.controller) -}}
{{- fail "edge.controller: `traefik` or `envoy-gateway`, whose resources limit the rate (or edge.rateLimit.enabled=false, where something else limits it)" -}}
{{- end -}}
{{- if and (eq $edge.mode "ingress") (eq $edge.controller "envoy-gateway") -}}
{{- fail "edge.mode: `gateway`, as edge.controller is envoy-gateway, which serves no Ingress" -}}
{{- end -}}
{{- if and (eq $edge.mode "gateway") (not $edge.gateway.create) (not $edge.gateway.parentRefs) -}}
{{- fail "edge.gateway.parentRefs: the Gateway with the HTTPS listener for edge.host, by name and sectionName (or edge.gateway.create=true)" -}}
{{- end -}}
{{- end -}}

{{/* The paths it lets in, as JSON: those of the values, and Chatwoot's where that calls from outside. */}}
{{- define "julia.edge.paths" -}}
{{- $paths := .Values.edge.paths -}}
{{- if and .Values.config.CHATWOOT_URL (not .Values.chatwoot.enabled) -}}
{{- $paths = append $paths "/webhook/chatwoot" | uniq -}}
{{- end -}}
{{- toJson $paths -}}
{{- end -}}

{{- define "julia.edge.traefikLimits" -}}
{{- with .Values.edge -}}
{{- if and (ne .mode "off") (eq .controller "traefik") .rateLimit.enabled -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Annotations of ingest's Service. Without a ready pod (RabbitMQ is away) Traefik's Ingress forgets the
route and answers 404, which Evolution never tries again; sent to the Service's own address it answers 502.
*/}}
{{- define "julia.edge.serviceAnnotations" -}}
{{- if and (eq .Values.edge.mode "ingress") (eq .Values.edge.controller "traefik") -}}
traefik.ingress.kubernetes.io/service.nativelb: "true"
{{- end -}}
{{- end -}}
