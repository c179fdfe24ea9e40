{{- define "dockerhub-mcp.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "dockerhub-mcp.fullname" -}}
{{- $name := include "dockerhub-mcp.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "dockerhub-mcp.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (include "dockerhub-mcp.fullname" .) }}
{{- end }}

{{/* The labels that select the server's pods; they never change, because a Deployment's selector cannot. */}}
{{- define "dockerhub-mcp.selectorLabels" -}}
app.kubernetes.io/name: {{ include "dockerhub-mcp.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: server
{{- end }}

{{- define "dockerhub-mcp.labels" -}}
{{ include "dockerhub-mcp.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The labels of the pod of `helm test`, which the Service must not select. */}}
{{- define "dockerhub-mcp.testLabels" -}}
app.kubernetes.io/name: {{ include "dockerhub-mcp.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{- end }}

{{- define "dockerhub-mcp.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{/* HTTP or HTTPS, as the pods speak it. */}}
{{- define "dockerhub-mcp.scheme" -}}
{{- ternary "HTTPS" "HTTP" (ne .Values.tls.existingSecret "") }}
{{- end }}

{{/* The most replicas that may run at the same time, updates apart. */}}
{{- define "dockerhub-mcp.maxReplicas" -}}
{{- ternary .Values.autoscaling.maxReplicas .Values.replicas .Values.autoscaling.enabled | int }}
{{- end }}

{{- define "dockerhub-mcp.minReplicas" -}}
{{- ternary .Values.autoscaling.minReplicas .Values.replicas .Values.autoscaling.enabled | int }}
{{- end }}

{{/* The security context of every container: no privileges, and no writable file system. */}}
{{- define "dockerhub-mcp.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* The security context of every pod: the image's user, which reads mounted Secrets through its group. */}}
{{- define "dockerhub-mcp.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* The host names under which clients reach the server. */}}
{{- define "dockerhub-mcp.allowedHosts" -}}
{{- $name := include "dockerhub-mcp.fullname" . }}
{{- $inNamespace := printf "%s.%s" $name .Release.Namespace }}
{{- $hosts := list $name $inNamespace (printf "%s.svc" $inNamespace) (printf "%s.svc.cluster.local" $inNamespace) }}
{{- if .Values.ingress.enabled }}
{{- $hosts = append $hosts .Values.ingress.host }}
{{- end }}
{{- if .Values.publicUrl }}
{{- $hosts = append $hosts (get (urlParse .Values.publicUrl) "hostname") }}
{{- end }}
{{- concat $hosts .Values.allowedHosts | uniq | join "," }}
{{- end }}

{{- define "dockerhub-mcp.secretsPath" -}}
/run/secrets/dockerhub-mcp
{{- end }}

{{/* The Secrets that are mounted: a YAML list of the directory's name, the Secret, and its only key of interest. */}}
{{- define "dockerhub-mcp.secrets" -}}
{{- $values := .Values }}
{{- range $name := list "account" "callers" "stateKey" "store" "metrics" "tls" }}
{{- $part := get $values $name }}
{{- if and $part.existingSecret (or (ne $name "metrics") $part.enabled) }}
- name: {{ $name | kebabcase }}
  secret: {{ $part.existingSecret }}
  {{- /* The other Secrets may hold further files: those that callers name, a certificate of the store. */}}
  key: {{ has $name (list "callers" "store" "tls") | ternary "" $part.key | quote }}
{{- end }}
{{- end }}
{{- end }}
