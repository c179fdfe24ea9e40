{{/* End the installation with a reason where values contradict each other or would open the server. */}}
{{- define "dockerhub-mcp.refuse" -}}
{{- $v := .Values }}
{{- if not $v.image.repository }}
{{- fail "image.repository is empty: set it to the registry and repository that you pushed the image to" }}
{{- end }}
{{- if and (gt (include "dockerhub-mcp.maxReplicas" . | int) 1) (ne $v.access "read") (not $v.store.existingSecret) }}
{{- fail (printf "access %s with more than one replica needs store.existingSecret: without a store, each replica could carry out the same confirmation; set the store, one replica, or access read" $v.access) }}
{{- end }}
{{- if and $v.store.existingSecret (not $v.stateKey.existingSecret) }}
{{- fail "store.existingSecret needs stateKey.existingSecret: what replicas store is sealed with the key that they share" }}
{{- end }}
{{- if and $v.autoscaling.enabled (gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) }}
{{- fail "autoscaling.minReplicas is above autoscaling.maxReplicas" }}
{{- end }}
{{- include "dockerhub-mcp.refuseAuthentication" . }}
{{- include "dockerhub-mcp.refuseNetwork" . }}
{{- include "dockerhub-mcp.refuseExtras" . }}
{{- end }}

{{- define "dockerhub-mcp.refuseAuthentication" -}}
{{- $v := .Values }}
{{- $isRequest := eq $v.account.identity "request" }}
{{- if not (or $v.callers.existingSecret $v.oauth.issuer $isRequest) }}
{{- fail "callers must authenticate: set callers.existingSecret, oauth.issuer, or account.identity request" }}
{{- end }}
{{- if and $v.oauth.issuer (not $v.publicUrl) }}
{{- fail "oauth.issuer needs publicUrl, the URL of the MCP endpoint as clients know it, such as https://mcp.example.com/mcp" }}
{{- end }}
{{- if and (or $v.oauth.audience $v.oauth.jwksUrl $v.oauth.scopes) (not $v.oauth.issuer) }}
{{- fail "oauth.audience, oauth.jwksUrl and oauth.scopes have no effect without oauth.issuer" }}
{{- end }}
{{- if and $isRequest (or $v.account.existingSecret $v.account.username) }}
{{- fail "account.identity request takes the account of each request: leave account.username and account.existingSecret empty" }}
{{- end }}
{{- if ne (empty $v.account.existingSecret) (empty $v.account.username) }}
{{- fail "account.username and account.existingSecret belong together: the Docker ID and the Secret with its token" }}
{{- end }}
{{- if and $isRequest (not $v.tls.existingSecret) (not (and $v.trustedProxies (or (not $v.ingress.enabled) $v.ingress.tlsSecret))) }}
{{- fail "account.identity request sends Docker tokens with each request, which need TLS: set tls.existingSecret, ingress.tlsSecret, or without an Ingress trustedProxies, the proxies that terminate TLS" }}
{{- end }}
{{- end }}

{{- define "dockerhub-mcp.refuseNetwork" -}}
{{- $v := .Values }}
{{- if and $v.metrics.enabled (not $v.metrics.existingSecret) }}
{{- fail "metrics.enabled needs metrics.existingSecret, a Secret with the bearer token that /metrics requires" }}
{{- end }}
{{- if and $v.metrics.serviceMonitor.enabled (not $v.metrics.enabled) }}
{{- fail "metrics.serviceMonitor.enabled needs metrics.enabled" }}
{{- end }}
{{- if and $v.ingress.enabled (not $v.ingress.host) }}
{{- fail "ingress.enabled needs ingress.host, the host name that clients use" }}
{{- end }}
{{- if and $v.ingress.enabled (not $v.trustedProxies) }}
{{- fail "ingress.enabled needs trustedProxies, the addresses of the ingress controller's pods, such as 10.244.0.0/16: otherwise all clients have one address and share its limits" }}
{{- end }}
{{- if $v.networkPolicy.enabled }}
{{- if and $v.ingress.enabled (not $v.networkPolicy.ingressController) }}
{{- fail "ingress.enabled needs networkPolicy.ingressController, the pods of the ingress controller: otherwise the NetworkPolicy keeps them out" }}
{{- end }}
{{- if and $v.metrics.enabled (not $v.networkPolicy.scrapers) }}
{{- fail "metrics.enabled needs networkPolicy.scrapers, the pods that scrape /metrics: otherwise the NetworkPolicy keeps them out" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Settings that the chart sets, with the value that does; "fixed" for those that no value changes. */}}
{{- define "dockerhub-mcp.ownSettings" -}}
access: access
allowed-hosts: allowedHosts
allowed-origins: allowedOrigins
auth-token: callers
auth-tokens: callers
auth-tokens-file: callers
drain-delay: shutdown.drainDelay
forwarded-allow-ips: trustedProxies
grace: shutdown.grace
host: host
identity: account.identity
log-format: fixed
log-level: logLevel
metrics: metrics.enabled
metrics-token: metrics
metrics-token-file: metrics
oauth-audience: oauth.audience
oauth-issuer: oauth.issuer
oauth-jwks-url: oauth.jwksUrl
oauth-scopes: oauth.scopes
path: fixed
port: fixed
public-url: publicUrl
sessions: sessions
state-key-file: stateKey
store-url: store
store-url-file: store
tls-cert: tls
tls-key: tls
token-file: account
toolsets: toolsets
transport: fixed
username: account.username
{{- end }}

{{- define "dockerhub-mcp.refuseExtras" -}}
{{- $own := include "dockerhub-mcp.ownSettings" . | fromYaml }}
{{- range .Values.extraArgs }}
{{- $option := regexFind "^--[a-z-]+" . | trimPrefix "--" }}
{{- $value := get $own $option | default (get $own (trimPrefix "no-" $option)) }}
{{- if $value }}
{{- fail (printf "extraArgs must not hold --%s, which the chart sets (%s)" $option $value) }}
{{- end }}
{{- end }}
{{- $aliases := dict
  "DOCKERHUB_USERNAME" "account" "DOCKERHUB_USERNAME_FILE" "account"
  "DOCKERHUB_TOKEN" "account" "DOCKERHUB_TOKEN_FILE" "account"
  "HUB_USERNAME" "account" "DOCKER_USERNAME" "account"
  "HUB_PAT_TOKEN" "account" "DOCKER_PAT" "account" "DOCKER_PASSWORD" "account"
  "MCP_AUTH_TOKEN" "callers"
}}
{{- range .Values.extraEnv }}
{{- $setting := ternary (trimPrefix "DOCKERHUB_MCP_" .name | lower | replace "_" "-") "" (hasPrefix "DOCKERHUB_MCP_" .name) }}
{{- $value := get $own $setting | default (get $aliases (trimSuffix "_FILE" .name)) }}
{{- if $value }}
{{- fail (printf "extraEnv must not set %s, which the chart sets (%s)" .name $value) }}
{{- end }}
{{- if and (hasKey . "value") (or (regexMatch "(^|_)(TOKENS?|PASSWORD|SECRET|PAT)$" .name) (regexMatch "://[^/@]*:[^/@]*@" .value)) }}
{{- fail (printf "extraEnv: %s holds a secret, which must not be a value: take it from a Secret with valueFrom.secretKeyRef" .name) }}
{{- end }}
{{- end }}
{{- end }}
