"""The official images: what they are, and how far they spread."""

from typing import NamedTuple

DATABASES = ("Databases & storage", "databases-and-storage")
LANGUAGES = ("Languages & frameworks", "languages-and-frameworks")
OPERATING_SYSTEMS = ("Operating systems", "operating-systems")
WEB_SERVERS = ("Web servers", "web-servers")
NETWORKING = ("Networking", "networking")
MESSAGE_QUEUES = ("Message queues", "message-queues")
DEVELOPER_TOOLS = ("Developer tools", "developer-tools")


class OfficialImage(NamedTuple):
    """An official image; pulls in millions."""

    name: str
    description: str
    category: tuple[str, str]
    stars: int
    pulls_in_millions: int
    megabytes: int


OFFICIAL_IMAGES = (
    OfficialImage(
        "alpine", "A very small Linux built on musl and BusyBox", OPERATING_SYSTEMS, 11_560, 12_100, 4
    ),
    OfficialImage("busybox", "Many small Unix tools in a single file", OPERATING_SYSTEMS, 3_430, 9_700, 2),
    OfficialImage("caddy", "Web server that takes care of its own certificates", WEB_SERVERS, 880, 700, 19),
    OfficialImage(
        "debian", "Debian, the base many other images start from", OPERATING_SYSTEMS, 5_120, 2_600, 49
    ),
    OfficialImage(
        "eclipse-temurin", "Java runtime and development kit by Adoptium", LANGUAGES, 660, 500, 220
    ),
    OfficialImage("golang", "Compiler and tools of the Go language", LANGUAGES, 5_010, 3_400, 310),
    OfficialImage("haproxy", "Load balancer for TCP and HTTP", NETWORKING, 2_010, 1_600, 45),
    OfficialImage(
        "hello-world",
        "Prints a few lines to show that containers work here",
        DEVELOPER_TOOLS,
        2_540,
        1_100,
        1,
    ),
    OfficialImage("httpd", "The web server of the Apache project", WEB_SERVERS, 5_050, 5_600, 58),
    OfficialImage("mariadb", "Relational database that grew out of MySQL", DATABASES, 6_040, 2_200, 118),
    OfficialImage(
        "memcached", "Cache for objects in memory, shared over the network", DATABASES, 2_320, 3_100, 34
    ),
    OfficialImage("mongo", "Document database", DATABASES, 10_560, 4_800, 290),
    OfficialImage(
        "mysql", "Relational database, at work behind many web sites", DATABASES, 16_010, 4_900, 245
    ),
    OfficialImage("nginx", "Web server, reverse proxy and load balancer", WEB_SERVERS, 21_150, 12_900, 72),
    OfficialImage("node", "JavaScript outside of the browser", LANGUAGES, 14_180, 6_900, 395),
    OfficialImage("openjdk", "Early builds of the Java Development Kit", LANGUAGES, 4_010, 2_100, 232),
    OfficialImage("php", "The scripting language behind much of the web", LANGUAGES, 7_750, 1_900, 190),
    OfficialImage("postgres", "Relational database with a long memory", DATABASES, 14_620, 10_900, 158),
    OfficialImage("python", "Interpreter and library of the Python language", LANGUAGES, 10_240, 7_800, 384),
    OfficialImage("rabbitmq", "Message broker that speaks AMQP", MESSAGE_QUEUES, 5_270, 3_700, 105),
    OfficialImage(
        "redis", "Data store in memory, for caches, queues and fast lookups", DATABASES, 13_480, 10_600, 52
    ),
    OfficialImage("ruby", "Interpreter of the Ruby language", LANGUAGES, 2_460, 1_300, 360),
    OfficialImage("rust", "Compiler and package tool of the Rust language", LANGUAGES, 1_460, 400, 570),
    OfficialImage("traefik", "Reverse proxy that finds its services by itself", NETWORKING, 3_560, 3_500, 66),
    OfficialImage(
        "ubuntu", "Ubuntu, the minimal base without a kernel", OPERATING_SYSTEMS, 17_530, 6_400, 30
    ),
)
