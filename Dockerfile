# An argument, so that releases pin the base image by digest and others may use their own. It needs Python 3.11 or
# later with venv, and CA certificates.
ARG BASE=docker.io/library/python:3.13-slim

FROM ${BASE} AS build
WORKDIR /src
COPY requirements.txt deploy/requirements-build.txt ./
# To install from a mirror: docker build --secret id=pip,src=pip.conf (and id=ca,src=ca.pem, which pip.conf names as
# /run/secrets/ca). Neither stays in a layer. Wheels only, so that no third-party code runs during the build.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf --mount=type=secret,id=ca \
    export PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1 PIP_QUIET=1 PIP_REQUIRE_HASHES=1 PIP_ONLY_BINARY=:all: \
    && python3 -m venv /opt/dockerhub-mcp && python3 -m venv /opt/build \
    && /opt/dockerhub-mcp/bin/pip install -r requirements.txt \
    && /opt/build/bin/pip install -r requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY tool_schemas tool_schemas
# Unchecked bytecode stays valid when a tool changes the modification times of the sources.
RUN /opt/build/bin/pip wheel --quiet --no-build-isolation --no-deps --wheel-dir /wheels . \
    && /opt/dockerhub-mcp/bin/pip install --quiet --no-compile --no-index --no-deps /wheels/*.whl \
    && /opt/dockerhub-mcp/bin/pip uninstall --quiet --yes pip setuptools \
    && find /opt/dockerhub-mcp -depth -name __pycache__ -exec rm -r {} + \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/dockerhub-mcp

FROM ${BASE}
# The official images contain no bytecode of the standard library, and an unprivileged user cannot write any, so every
# start would compile it again. Images that contain it, as Debian's Python does, are not changed.
RUN python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash \
    -x '/(test|tests|idlelib|tkinter|turtledemo|ensurepip|venv|lib2to3|distutils|unittest|pydoc_data|xmlrpc|curses|_pyrepl|dbm|sqlite3|site-packages|dist-packages|config-[^/]*)/' \
    "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /opt/dockerhub-mcp /opt/dockerhub-mcp
COPY LICENSE /usr/share/doc/dockerhub-mcp/LICENSE
# The Hub is verified with the system's CA certificates. Without this check, a base image that has none would fail only
# at the first call.
RUN python3 -c "import os, ssl, sys; at = ssl.get_default_verify_paths(); \
    found = at.cafile or at.capath and any(name.endswith('.0') for name in os.listdir(at.capath)); \
    sys.exit(None if found else 'The base image has no CA certificates; use one with ca-certificates.')"
# No files are written, so the image runs with --read-only. A container has its own addresses, so the server listens on
# all of them; without authentication it refuses to start.
ENV PATH=/opt/dockerhub-mcp/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    DOCKERHUB_MCP_HOST=0.0.0.0
USER 10001:10001
WORKDIR /
EXPOSE 8000
STOPSIGNAL SIGTERM
# Always succeeds over stdio.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["dockerhub-mcp", "health"]
# Over stdio: docker run -i --rm IMAGE. Over HTTP: docker run -p 8000:8000 IMAGE --transport http
ENTRYPOINT ["dockerhub-mcp"]
CMD []
# Last, because they change with every release, and the layers above need not.
ARG VERSION=""
ARG REVISION=""
ARG SOURCE=""
ARG SERVER_NAME=io.github.dockerhub-mcp/dockerhub-mcp
LABEL org.opencontainers.image.title="dockerhub-mcp" \
      org.opencontainers.image.description="An MCP server that gives an AI agent the Docker Hub API" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      io.modelcontextprotocol.server.name="${SERVER_NAME}"
