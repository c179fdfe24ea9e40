# The base is an argument, so that a release pins it by digest and a site brings its own. It has to have Python
# 3.11 or later with venv, and CA certificates.
ARG BASE=docker.io/library/python:3.13-slim

FROM ${BASE} AS build
WORKDIR /src
COPY requirements.txt deploy/requirements-build.txt ./
# Where packages come from a mirror: docker build --secret id=pip,src=pip.conf (and id=ca,src=ca.pem, which
# pip.conf names as /run/secrets/ca). Neither stays in a layer. Wheels only: nothing foreign runs to be built.
RUN --mount=type=secret,id=pip,target=/etc/pip.conf --mount=type=secret,id=ca \
    export PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1 PIP_QUIET=1 PIP_REQUIRE_HASHES=1 PIP_ONLY_BINARY=:all: \
    && python3 -m venv /opt/dockerhub-mcp && python3 -m venv /opt/build \
    && /opt/dockerhub-mcp/bin/pip install -r requirements.txt \
    && /opt/build/bin/pip install -r requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY tool_schemas tool_schemas
# Bytecode that is never compared with its source stays good when a tool changes the files' times.
RUN /opt/build/bin/pip wheel --quiet --no-build-isolation --no-deps --wheel-dir /wheels . \
    && /opt/dockerhub-mcp/bin/pip install --quiet --no-compile --no-index --no-deps /wheels/*.whl \
    && /opt/dockerhub-mcp/bin/pip uninstall --quiet --yes pip setuptools \
    && find /opt/dockerhub-mcp -depth -name __pycache__ -exec rm -r {} + \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/dockerhub-mcp

FROM ${BASE}
# The official images leave out the bytecode of the standard library, and a user without rights cannot keep any,
# so that each start would compile it anew. Where it is there already, as in Debian's Python, nothing is added.
RUN python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash \
    -x '/(test|tests|idlelib|tkinter|turtledemo|ensurepip|venv|lib2to3|distutils|unittest|pydoc_data|xmlrpc|wsgiref|curses|_pyrepl|dbm|sqlite3|site-packages|dist-packages|config-[^/]*)/' \
    "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
COPY --from=build /opt/dockerhub-mcp /opt/dockerhub-mcp
COPY LICENSE /usr/share/doc/dockerhub-mcp/LICENSE
# The Hub is verified with the system's certificates, and a base without any would fail at the first call only.
RUN python3 -c "import os, ssl, sys; at = ssl.get_default_verify_paths(); \
    found = at.cafile or at.capath and any(name.endswith('.0') for name in os.listdir(at.capath)); \
    sys.exit(None if found else 'The base image has no CA certificates; use one with ca-certificates.')"
# Nothing is written, so that it runs with --read-only. A container's address is its own: it listens on all of
# them, and without authentication the server does not start so.
ENV PATH=/opt/dockerhub-mcp/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    DOCKERHUB_MCP_HOST=0.0.0.0
USER 10001:10001
WORKDIR /
EXPOSE 8000
STOPSIGNAL SIGTERM
# Over stdio there is nothing to ask, and the answer is yes.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["dockerhub-mcp", "health"]
# Over stdio: docker run -i --rm IMAGE. Over the network: docker run -p 8000:8000 IMAGE --transport http
ENTRYPOINT ["dockerhub-mcp"]
CMD []
# Last, since they change with every release and what is above need not.
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
