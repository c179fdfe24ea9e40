{{/* The server's settings, as environment variables: `dockerhub-mcp health` in the pod reads them, too. */}}
{{- define "dockerhub-mcp.environment" -}}
{{- $v := .Values }}
{{- $path := include "dockerhub-mcp.secretsPath" . }}
- name: DOCKERHUB_MCP_TRANSPORT
  value: http
- name: DOCKERHUB_MCP_HOST
  value: {{ $v.host | quote }}
- name: DOCKERHUB_MCP_PORT
  value: "8000"
- name: DOCKERHUB_MCP_ALLOWED_HOSTS
  value: {{ include "dockerhub-mcp.allowedHosts" . | quote }}
- name: DOCKERHUB_MCP_LOG_FORMAT
  value: json
- name: DOCKERHUB_MCP_LOG_LEVEL
  value: {{ $v.logLevel | quote }}
- name: DOCKERHUB_MCP_ACCESS
  value: {{ $v.access | quote }}
- name: DOCKERHUB_MCP_IDENTITY
  value: {{ $v.account.identity | quote }}
- name: DOCKERHUB_MCP_DRAIN_DELAY
  value: {{ $v.shutdown.drainDelay | int | quote }}
- name: DOCKERHUB_MCP_GRACE
  value: {{ $v.shutdown.grace | int | quote }}
{{- if $v.sessions }}
- name: DOCKERHUB_MCP_SESSIONS
  value: "true"
{{- end }}
{{- range $name, $list := dict
  "TOOLSETS" $v.toolsets
  "ALLOWED_ORIGINS" $v.allowedOrigins
  "FORWARDED_ALLOW_IPS" $v.trustedProxies
  "OAUTH_AUDIENCE" $v.oauth.audience
  "OAUTH_SCOPES" $v.oauth.scopes
}}
{{- if $list }}
- name: DOCKERHUB_MCP_{{ $name }}
  value: {{ join "," $list | quote }}
{{- end }}
{{- end }}
{{- range $name, $text := dict
  "PUBLIC_URL" $v.publicUrl
  "OAUTH_ISSUER" $v.oauth.issuer
  "OAUTH_JWKS_URL" $v.oauth.jwksUrl
}}
{{- if $text }}
- name: DOCKERHUB_MCP_{{ $name }}
  value: {{ $text | quote }}
{{- end }}
{{- end }}
{{- if $v.account.existingSecret }}
- name: DOCKERHUB_USERNAME
  value: {{ $v.account.username | quote }}
- name: DOCKERHUB_TOKEN_FILE
  value: {{ printf "%s/account/%s" $path $v.account.key | quote }}
{{- end }}
{{- if $v.callers.existingSecret }}
- name: DOCKERHUB_MCP_AUTH_TOKENS_FILE
  value: {{ printf "%s/callers/%s" $path $v.callers.key | quote }}
{{- end }}
{{- if $v.stateKey.existingSecret }}
- name: DOCKERHUB_MCP_STATE_KEY_FILE
  value: {{ printf "%s/state-key/%s" $path $v.stateKey.key | quote }}
{{- end }}
{{- if $v.store.existingSecret }}
- name: DOCKERHUB_MCP_STORE_URL_FILE
  value: {{ printf "%s/store/%s" $path $v.store.key | quote }}
{{- end }}
{{- if $v.metrics.enabled }}
- name: DOCKERHUB_MCP_METRICS
  value: "true"
- name: DOCKERHUB_MCP_METRICS_TOKEN_FILE
  value: {{ printf "%s/metrics/%s" $path $v.metrics.key | quote }}
{{- end }}
{{- if $v.tls.existingSecret }}
- name: DOCKERHUB_MCP_TLS_CERT
  value: {{ printf "%s/tls/tls.crt" $path | quote }}
- name: DOCKERHUB_MCP_TLS_KEY
  value: {{ printf "%s/tls/tls.key" $path | quote }}
{{- end }}
{{- with $v.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
