"""What the pages of the official images say about each of them."""

from typing import NamedTuple


class ReadmeFacts(NamedTuple):
    """What is special about an image.

    Attributes:
        title: The name as people write it.
        home: Where the project lives.
        licence: What the software is under.
        about: What it is, in two or three sentences.
        port: Where it listens, if it is a server.
        data_directory: The directory with its data, if it keeps any.
        config_file: The file with its settings, if it has one.
        example_command: A command that shows that it works, behind the name of the image.
        environment_variables: What it reads from the environment, each with its meaning.
    """

    title: str
    home: str
    licence: str
    about: str
    port: int = 0
    data_directory: str = ""
    config_file: str = ""
    example_command: str = ""
    environment_variables: tuple[tuple[str, str], ...] = ()


_SUPERUSER_PASSWORD_HELP = (
    "The password of the superuser. The first start fails without it, unless another way in is chosen."
)
_DATABASE_HELP = "A database that is created at the first start."
_USER_HELP = "A user that is created at the first start and may do everything in that database."
_PASSWORD_HELP = "The password of that user."
_OPTIONS_HELP = "More arguments for the program, as on its command line."
_SQL_VARIABLES = (
    ("{0}_ROOT_PASSWORD", _SUPERUSER_PASSWORD_HELP),
    ("{0}_DATABASE", _DATABASE_HELP),
    ("{0}_USER", _USER_HELP),
    ("{0}_PASSWORD", _PASSWORD_HELP),
    ("{0}_RANDOM_ROOT_PASSWORD", "Makes up a password for the superuser and writes it to the log once."),
)


def _build_sql_variables(prefix: str) -> tuple[tuple[str, str], ...]:
    return tuple((name.format(prefix), meaning) for name, meaning in _SQL_VARIABLES)


README_FACTS: dict[str, ReadmeFacts] = {
    "alpine": ReadmeFacts(
        "Alpine Linux",
        "https://alpinelinux.org",
        "several licences, package by package",
        "A distribution made to be small. It uses musl in place of the GNU C library and BusyBox in place"
        " of the usual tools, so that an image starts at a few megabytes, and brings a package manager, "
        "apk, with thousands of packages.",
        example_command="cat /etc/alpine-release",
    ),
    "busybox": ReadmeFacts(
        "BusyBox",
        "https://busybox.net",
        "GPL-2.0",
        "Some three hundred Unix tools in one program, each a little plainer than the one it stands for. "
        "It is made for small machines, and serves as a base for images that hold a single static "
        "program.",
        example_command="sh -c 'echo it works'",
    ),
    "caddy": ReadmeFacts(
        "Caddy",
        "https://caddyserver.com",
        "Apache-2.0",
        "A web server that speaks HTTPS unless it is told not to. It asks for certificates, renews them, "
        "and is configured by a short file.",
        port=443,
        data_directory="/data",
        config_file="/etc/caddy/Caddyfile",
    ),
    "debian": ReadmeFacts(
        "Debian",
        "https://www.debian.org",
        "several licences, package by package",
        "A distribution made by volunteers since 1993, known for its stable releases and for the number "
        "of its packages. Most images on this page that are not based on Alpine start here.",
        example_command="cat /etc/debian_version",
    ),
    "golang": ReadmeFacts(
        "Go",
        "https://go.dev",
        "BSD-3-Clause",
        "A language with a small grammar, fast compilation and concurrency built in. Its programs are "
        "single files, so the image is used for building and a much smaller one for running.",
        example_command="go version",
    ),
    "haproxy": ReadmeFacts(
        "HAProxy",
        "https://www.haproxy.org",
        "GPL-2.0 and LGPL-2.1",
        "A load balancer and proxy for TCP and HTTP that has carried some of the busiest sites for twenty"
        " years. It has no settings by default, so the image does nothing until a configuration is given.",
        port=80,
        config_file="/usr/local/etc/haproxy/haproxy.cfg",
    ),
    "httpd": ReadmeFacts(
        "Apache HTTP Server",
        "https://httpd.apache.org",
        "Apache-2.0",
        "The web server of the Apache Software Foundation, extended by modules and configured by directives.",
        port=80,
        data_directory="/usr/local/apache2/htdocs",
        config_file="/usr/local/apache2/conf/httpd.conf",
    ),
    "mariadb": ReadmeFacts(
        "MariaDB",
        "https://mariadb.org",
        "GPL-2.0",
        "A relational database by the people who first wrote MySQL, with storage engines of its own and a"
        " cluster that writes everywhere.",
        port=3306,
        data_directory="/var/lib/mysql",
        config_file="/etc/mysql/conf.d",
        environment_variables=_build_sql_variables("MARIADB"),
    ),
    "memcached": ReadmeFacts(
        "Memcached",
        "https://memcached.org",
        "BSD-3-Clause",
        "A cache that keeps small values in the memory of one or many machines and forgets what was not "
        "used for longest. It has no password and no disk, and belongs on a network of its own.",
        port=11211,
        environment_variables=(("MEMCACHED_OPTIONS", _OPTIONS_HELP),),
    ),
    "mongo": ReadmeFacts(
        "MongoDB",
        "https://www.mongodb.com",
        "SSPL-1.0",
        "A database of documents, which look like JSON and need no schema, with indexes, aggregation and "
        "replica sets.",
        port=27017,
        data_directory="/data/db",
        config_file="/etc/mongod.conf",
        environment_variables=(
            ("MONGO_INITDB_ROOT_USERNAME", "A user of the database `admin` who may do everything."),
            ("MONGO_INITDB_ROOT_PASSWORD", "The password of that user; both switch authentication on."),
            ("MONGO_INITDB_DATABASE", "The database in which the first scripts run."),
        ),
    ),
    "mysql": ReadmeFacts(
        "MySQL",
        "https://www.mysql.com",
        "GPL-2.0",
        "A relational database that came up with the web and is still behind a large part of it.",
        port=3306,
        data_directory="/var/lib/mysql",
        config_file="/etc/mysql/conf.d",
        environment_variables=(
            *_build_sql_variables("MYSQL"),
            ("MYSQL_ONETIME_PASSWORD", "The superuser has to choose a new password."),
        ),
    ),
    "nginx": ReadmeFacts(
        "nginx",
        "https://nginx.org",
        "BSD-2-Clause",
        "A web server that answers many clients with few processes. It serves files, stands in front of "
        "other servers, shares load among them, and passes mail and plain TCP on.",
        port=80,
        data_directory="/usr/share/nginx/html",
        config_file="/etc/nginx/nginx.conf",
        environment_variables=(
            ("NGINX_ENVSUBST_TEMPLATE_DIR", "Files here are filled with variables at the start."),
            ("NGINX_ENVSUBST_OUTPUT_DIR", "Where the filled files go."),
            ("NGINX_ENTRYPOINT_QUIET_LOGS", "Keeps the start-up scripts silent."),
            ("NGINX_WORKER_PROCESSES", "How many processes serve; by default one for each processor."),
        ),
    ),
    "node": ReadmeFacts(
        "Node.js",
        "https://nodejs.org",
        "MIT",
        "A runtime for JavaScript outside of browsers, made around events and without blocking, and the "
        "package manager npm with the largest registry there is.",
        example_command="node --version",
        environment_variables=(("NODE_OPTIONS", _OPTIONS_HELP),),
    ),
    "php": ReadmeFacts(
        "PHP",
        "https://www.php.net",
        "PHP-3.01",
        "A scripting language that is embedded into pages. The image has helpers that compile and switch "
        "on extensions, since few programs do without any.",
        port=80,
        data_directory="/var/www/html",
        config_file="/usr/local/etc/php/php.ini",
    ),
    "postgres": ReadmeFacts(
        "PostgreSQL",
        "https://www.postgresql.org",
        "PostgreSQL",
        "A relational database that holds to the standard, runs transactions over nearly everything, and "
        "is extended by types, indexes and languages of other people.",
        port=5432,
        data_directory="/var/lib/postgresql",
        config_file="/etc/postgresql/postgresql.conf",
        environment_variables=(
            ("POSTGRES_PASSWORD", _SUPERUSER_PASSWORD_HELP),
            ("POSTGRES_USER", "The name of the superuser, and of the first database; `postgres` by default."),
            ("POSTGRES_DB", _DATABASE_HELP),
            ("POSTGRES_INITDB_ARGS", "More arguments for the program that lays out the data."),
            ("POSTGRES_HOST_AUTH_METHOD", "How clients prove who they are; `trust` asks for no password."),
            ("PGDATA", "Where the data is, below the volume."),
        ),
    ),
    "python": ReadmeFacts(
        "Python",
        "https://www.python.org",
        "PSF-2.0",
        "A language that is read more than it is written, with a large library and packages for nearly "
        "everything, from web services to the sciences.",
        example_command="python --version",
        environment_variables=(
            ("PYTHONUNBUFFERED", "Any value lets output appear at once in the container's log."),
            ("PYTHONDONTWRITEBYTECODE", "Any value keeps compiled files from being written."),
        ),
    ),
    "rabbitmq": ReadmeFacts(
        "RabbitMQ",
        "https://www.rabbitmq.com",
        "MPL-2.0",
        "A message broker for AMQP, MQTT and STOMP: queues, streams, routing, and nodes that join to a "
        "cluster.",
        port=5672,
        data_directory="/var/lib/rabbitmq",
        config_file="/etc/rabbitmq/rabbitmq.conf",
        environment_variables=(
            ("RABBITMQ_DEFAULT_USER", "The first user; `guest` by default, who may only come from inside."),
            ("RABBITMQ_DEFAULT_PASS", _PASSWORD_HELP),
            ("RABBITMQ_DEFAULT_VHOST", "The first virtual host."),
        ),
    ),
    "redis": ReadmeFacts(
        "Redis",
        "https://redis.io",
        "AGPL-3.0, RSALv2 or SSPL-1.0, as you choose",
        "A store that keeps strings, hashes, lists, sets and streams in memory and answers within a "
        "fraction of a millisecond. It serves as a cache, as a queue and as a database: what it holds can"
        " be written to disk and copied to other servers.",
        port=6379,
        data_directory="/data",
        config_file="/usr/local/etc/redis/redis.conf",
        environment_variables=(
            ("SKIP_DROP_PRIVS", "`1` keeps the start-up script from changing to the user `redis`."),
        ),
    ),
    "ruby": ReadmeFacts(
        "Ruby",
        "https://www.ruby-lang.org",
        "BSD-2-Clause",
        "An object-oriented language made for the joy of writing it, and the home of Rails.",
        example_command="ruby --version",
    ),
    "rust": ReadmeFacts(
        "Rust",
        "https://www.rust-lang.org",
        "MIT or Apache-2.0",
        "A language for programs that have to be fast and must not break: memory is checked while "
        "compiling, without a collector at run time.",
        example_command="cargo --version",
    ),
    "traefik": ReadmeFacts(
        "Traefik",
        "https://traefik.io",
        "MIT",
        "A proxy that watches Docker, Kubernetes and others, and makes its routes from what it finds there.",
        port=80,
        config_file="/etc/traefik/traefik.yml",
    ),
    "ubuntu": ReadmeFacts(
        "Ubuntu",
        "https://ubuntu.com",
        "several licences, package by package",
        "A distribution based on Debian, with a release every six months and one every two years that is "
        "supported for long. This image holds the packages of a minimal installation.",
        example_command="cat /etc/os-release",
    ),
    "eclipse-temurin": ReadmeFacts(
        "Eclipse Temurin",
        "https://adoptium.net",
        "GPL-2.0 with the Classpath exception",
        "Builds of OpenJDK by the Adoptium project, tested against the Java compatibility kit.",
        example_command="java -version",
        environment_variables=(
            ("JAVA_TOOL_OPTIONS", _OPTIONS_HELP),
            ("USE_SYSTEM_CA_CERTS", "Any value trusts certificates in /certificates."),
        ),
    ),
    "openjdk": ReadmeFacts(
        "OpenJDK",
        "https://openjdk.org",
        "GPL-2.0 with the Classpath exception",
        "The open implementation of Java. Only early builds of coming releases are still made here; take "
        "another image for anything that has to be maintained.",
        example_command="java -version",
    ),
    "hello-world": ReadmeFacts(
        "Hello, world",
        "https://github.com/docker-library/hello-world",
        "MIT",
        "The smallest useful image: it prints what had to work so that its lines could be read, and ends.",
    ),
}
