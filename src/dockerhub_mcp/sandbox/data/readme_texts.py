"""The texts that the pages of images are made from."""

OPENING_SECTION = """\
# Quick reference

-	**Kept by**:
	[the people behind {title} at Docker's official images]({source})

-	**Where to ask**:
	[the project itself]({home}), [the Docker community's forum](https://forums.docker.com), or
	[Server Fault](https://serverfault.com/questions/tagged/docker)

# Supported tags and their Dockerfiles

"""
REFERENCE_SECTION = """\

# Quick reference (more)

-	**Where to report a mistake**:
	[{source}/issues]({source}/issues?q=)

-	**Architectures**: ([what that means](https://github.com/docker-library/official-images#architectures))
	{architectures}

-	**Sizes, layers and licences of each tag**:
	[the directory `repos/{name}` of `repo-info`](https://github.com/docker-library/repo-info/tree/master/repos/{name})

-	**How the image changes**:
	[label `library/{name}`](https://github.com/docker-library/official-images/issues?q=label%3Alibrary%2F{name}),
	[file `library/{name}`](https://github.com/docker-library/official-images/blob/master/library/{name})
	([history](https://github.com/docker-library/official-images/commits/master/library/{name}))

-	**Where this text is kept**:
	[the directory `{name}` of `docs`](https://github.com/docker-library/docs/tree/master/{name})

# What is {title}?

{about} More about it: [{home}]({home}).

# How to use this image

"""
SERVER_SECTION = """\
## Start it

```console
$ docker run --name my-{name} -d {publish}{required}{name}:{tag}
```

The first start takes a moment longer than later ones. Whatever goes wrong is in the log of the container:

```console
$ docker logs my-{name}
```

## Reach it from other containers

Put both on one network, and the name of the container is its address. Publishing the port is only
needed for programs outside of Docker, and opens it to everybody who can reach the machine.

```console
$ docker network create my-net
$ docker run --name my-{name} --network my-net -d {required}{name}:{tag}
$ docker run --rm --network my-net my-program --server my-{name}:{port}
```

## With Compose

```yaml
services:
  {name}:
    image: {name}:{tag}
    restart: unless-stopped
    ports:
      - "127.0.0.1:{port}:{port}"{compose}
```

Then `docker compose up` waits until it is there, and <http://127.0.0.1:{port}> is where to find it.

"""
PROGRAM_SECTION = """\
## In a Dockerfile of your own

```dockerfile
FROM {name}:{tag}

WORKDIR /usr/src/app
COPY . .

CMD ["./start"]
```

Build it and run it:

```console
$ docker build -t my-program .
$ docker run -it --rm --name my-running-program my-program
```

## Without a Dockerfile

For a single script a file of its own is too much. Mount the directory and name the command:

```console
$ docker run -it --rm -v "$PWD":/usr/src/app -w /usr/src/app {name}:{tag} {command}
```

What is written there belongs to the user inside of the container, which is root unless `--user` says
otherwise.

"""
CONFIGURATION_SECTION = """\
## A configuration of your own

Take the file out of the image, change it, and mount it in its place. A file that cannot be read by the
user of the server ends the container at once, with a line in the log that says so.

```console
$ docker run --rm --entrypoint=cat {name}:{tag} {file} > my.conf
$ docker run --name my-{name} -v "$PWD/my.conf":{file}:ro -d {name}:{tag}
```

"""
DATA_SECTION = """\
## Where the data is

In the directory `{data_directory}`. There are two ways to keep it when the container goes:

-	Let Docker manage [a volume](https://docs.docker.com/engine/storage/volumes/). It is fast everywhere, and
	files have the owner that the image expects.
-	Mount a directory of the machine. Other programs can reach the files, and you see to it that the directory
	exists and that permissions and labels of the security module are right.

```console
$ docker volume create {name}-data
$ docker run --name my-{name} -v {name}-data:{data_directory} -d {required}{name}:{tag}
```

A directory that holds data already is left as it is: what is only done at the first start, such as
creating users, is not done again. Back up with the tools of {title} rather than by copying files below
a running server.

"""
ENVIRONMENT_SECTION = """\
## Environment variables

Each can be given as `-e NAME=value`, or in a file with `--env-file`. Secrets are better kept in a file:
where the name ends in `_FILE`, its value is the path of a file that is read at the start, such as one
in `/run/secrets`.

"""
VARIANTS_SECTION = """\
# Variants of this image

The images come in several flavours, each for a purpose of its own.

## `{name}:<version>`

The one to take when in doubt: large, with most of what a build asks for. Names such as {suites} tell
the release of the distribution below it; name one if you install packages, so that a new release does
not break your build.

"""
ALPINE_SECTION = """\
## `{name}:<version>-alpine`

Based on [Alpine Linux](https://alpinelinux.org), which makes for a much smaller image. It uses
[musl](https://musl.libc.org) as its C library: most programs do not notice, those that rely on details
of the GNU C library do. Neither `git` nor `bash` is in it; add what you need with `apk add` in a
Dockerfile of your own.

"""
SLIM_SECTION = """\
## `{name}:<version>-slim`

Leaves out the packages that are only needed for compiling, and has just what runs {title}. Take it
where space is short and nothing has to be built.

"""
WINDOWS_SECTION = """\
## `{name}:<version>-windowsservercore`

Based on Windows Server Core, and runs only where Windows does, in the same version or a later one.

"""
LICENCE_SECTION = """\
# Licence

The software in this image is under {licence}; [the project]({home}) has the whole text.

The packages of the distribution below have licences of their own. Those that a machine could find are
listed for each tag in
[`repo-info`](https://github.com/docker-library/repo-info/tree/master/repos/{name}); reading them before
you ship something is up to you.
"""
VARIANT_SECTIONS = {"-alpine": ALPINE_SECTION, "-slim": SLIM_SECTION, "windows": WINDOWS_SECTION}

PUBLISHED_README = """\
# {title} by {namespace}

{description}.

## In short

```console
$ docker run --name {name} -p 8080:8080 {namespace}/{name}:latest
```

The container runs as user 1001 and writes to `/data` alone, so that its file system can be read-only.

## Tags

`latest` is the newest release. A release has its full version, such as `3.4.1`, and names that move on
with it: `3.4` for its series and `3` for its line. In production take a full version, or better a
digest.

## Parameters

| Name | Meaning | Default |
| --- | --- | --- |
| `{prefix}_HOST` | The server that this one talks to | `127.0.0.1` |
| `{prefix}_PORT` | Its port | `6379` |
| `{prefix}_PASSWORD` | Its password | empty |
| `{prefix}_PASSWORD_FILE` | A file with that password, which wins | empty |
| `{prefix}_TLS` | `yes` encrypts the connection | `no` |
| `{prefix}_TLS_CA_FILE` | The certificates to trust | those of the system |
| `{prefix}_TIMEOUT` | Seconds to wait for an answer | `5` |
| `{prefix}_LOG_LEVEL` | `debug`, `info`, `warn` or `error` | `info` |
| `{prefix}_LISTEN` | Where to listen | `:8080` |

## Compose

```yaml
services:
  {name}:
    image: {namespace}/{name}:3.4.1
    read_only: true
    environment:
      {prefix}_HOST: cache
    volumes:
      - data:/data
volumes:
  data:
```

## Changes

Releases follow semantic versioning. What breaks is told in the notes of a release, at least one series
before.

## Questions

Open an issue at <https://github.com/{namespace}/{name}/issues>. Tell the tag, the digest and the log.
"""
