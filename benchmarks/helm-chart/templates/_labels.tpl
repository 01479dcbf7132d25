{{- define "labels" -}}
labels:
  app.kubernetes.io/managed-by: kgen
  kgen.dev/layer: {{ .layer }}
{{- end }}
{{- define "pods" -}}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ dir . }}
  podSelector:
    matchLabels:
      app: kagent
      kagent: {{ base . }}
{{- end }}
{{- define "controller" -}}
- namespaceSelector:
    matchLabels:
      kubernetes.io/metadata.name: {{ . }}
  podSelector:
    matchLabels:
      app.kubernetes.io/name: kagent
      app.kubernetes.io/instance: kagent
      app.kubernetes.io/component: controller
{{- end }}
