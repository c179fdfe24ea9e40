# The base is an argument, so that a release pins it by digest and a site brings its own.
ARG BASE=docker.io/library/python:3.13-slim

FROM ${BASE} AS build
WORKDIR /src
COPY requirements.txt ./
RUN python3 -m venv /opt/dockerhub-mcp \
    && /opt/dockerhub-mcp/bin/pip install --no-cache-dir --quiet --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
# pip compiles bytecode as it installs, so nothing is compiled when the container starts.
RUN /opt/dockerhub-mcp/bin/pip install --no-cache-dir --quiet --no-deps . \
    && /opt/dockerhub-mcp/bin/pip uninstall --quiet --yes pip

FROM ${BASE}
LABEL org.opencontainers.image.title="dockerhub-mcp" \
      org.opencontainers.image.description="An MCP server that gives an AI agent the Docker Hub API" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/dockerhub-mcp /opt/dockerhub-mcp
COPY LICENSE /usr/share/doc/dockerhub-mcp/LICENSE
# Writes nothing to its file system; run it with --read-only.
ENV PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /
# Speaks MCP over standard input and output: docker run -i --rm ...
ENTRYPOINT ["/opt/dockerhub-mcp/bin/dockerhub-mcp"]
