{{/*
The groups of one file of rules, as they are, but for where the runbooks are and which namespace is ours.
Alerts bear that namespace: by it an AlertmanagerConfig knows them. (dict "root" $ "path" "files/...")
*/}}
{{- define "julia.monitoring.groups" -}}
{{- $namespace := .root.Release.Namespace -}}
{{- $text := .root.Files.Get .path
      | replace "https://docs.example.com/julia/runbooks" (trimSuffix "/" .root.Values.monitoring.rules.runbookUrl)
      | replace "namespace=\"julia\"" (printf "namespace=%q" $namespace) -}}
{{- $groups := (fromYaml $text).groups -}}
{{- range $group := $groups -}}
{{- range $rule := $group.rules -}}
{{- if $rule.alert -}}
{{- $_ := set $rule.labels "namespace" $namespace -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $groups -}}
{{- end -}}

{{/* What Alertmanager's own configuration says, in the words of AlertmanagerConfig: a YAML text. */}}
{{- define "julia.monitoring.translated" -}}
{{- $text := . | replace "group_by:" "groupBy:" | replace "group_wait:" "groupWait:"
      | replace "group_interval:" "groupInterval:" | replace "repeat_interval:" "repeatInterval:"
      | replace "source_matchers:" "sourceMatch:" | replace "target_matchers:" "targetMatch:" -}}
{{- regexReplaceAll `- (\w+)(=~|=)"([^"]*)"` $text `- {name: ${1}, matchType: "${2}", value: "${3}"}` -}}
{{- end -}}

{{/* A text of `files/monitoring/templates`, which such a resource cannot refer to: (dict "root" $ "name" "title") */}}
{{- define "julia.monitoring.slackText" -}}
{{- .root.Files.Get "files/monitoring/templates/slack.tmpl" }}{{ printf "{{ template \"julia.slack.%s\" . }}" .name -}}
{{- end -}}
