"""Databases, caches, queues."""

import struct

from daemon import AS_NOBODY, Daemon, Port, get

# PostgreSQL's protocol 3.0: a start-up message for a user that nobody has.
POSTGRES_WORDS = struct.pack(">I", 3 << 16) + b"user\0nobody\0database\0lab\0\0"
POSTGRES_START = struct.pack(">I", len(POSTGRES_WORDS) + 4) + POSTGRES_WORDS

# MQTT 3.1.1: CONNECT, then SUBSCRIBE to what every broker is free to say of itself.
MQTT_ASK = (b"\x10\x0f\0\4MQTT\4\2\0\x3c\0\3lab"
            b"\x82\x18\0\1\0\x13$SYS/broker/version\0")

DATA = {
    "mariadb": Daemon(
        "mariadb-server-core", "mariadbd", "MariaDB",
        (Port(3306, "mysql", rb"...\0\x0a[^\0]*{version}-MariaDB", tells="version"),),
        "exec mariadbd --no-defaults --user=root --datadir={folder}/data --bind-address={address}"
        " --port=3306 --socket={folder}/socket --pid-file={folder}/pid --skip-name-resolve"
        " --innodb-buffer-pool-size=8M --innodb-log-file-size=4M --skip-log-bin"
        # Without accounts, whose making takes seconds. With accounts, and none for a stranger's
        # address, the first word would be a refusal.
        " --skip-grant-tables --max-connect-errors=1000000",
        prepare="mkdir data"),
    "postgres": Daemon(
        "postgresql-15", "postgres", "PostgreSQL",
        (Port(5432, "postgresql", ask=POSTGRES_START, answer=rb"^E....SFATAL\0VFATAL\0C28000.*Fauth\.c",
              tells="product"),),
        f"exec {AS_NOBODY} postgres -D {{folder}}/data -h {{address}} -p 5432 -k {{folder}}"
        " -c shared_buffers=1MB -c fsync=off -c dynamic_shared_memory_type=mmap",
        prepare=f"chown nobody {{folder}} && {AS_NOBODY} initdb -D {{folder}}/data -N -U lab"
                " --auth=trust -E UTF8 --locale=C >/dev/null"),
    "redis": Daemon(
        "redis-server", "redis-server", "Redis",
        (Port(6379, "redis", ask=b"INFO\r\n", answer=rb"redis_version:{version}\r\n",
              tells="version"),),
        "exec redis-server --bind {address} --port 6379 --protected-mode no --save ''"
        " --dir {folder}"),
    # Whoever does not know the password learns the product only from the words of the refusal.
    "redis-password": Daemon(
        "redis-server", "redis-server", "Redis",
        (Port(6380, "redis", ask=b"INFO\r\n", answer=rb"^-NOAUTH "),),
        "exec redis-server --bind {address} --port 6380 --requirepass lab --save ''"
        " --dir {folder}"),
    "memcached": Daemon(
        "memcached", "memcached", "Memcached",
        (Port(11211, "memcached", ask=b"version\r\n", answer=rb"^VERSION {version}\r\n",
              tells="version"),),
        "exec memcached -u nobody -U 0 -p 11211 -l {address}"),
    "mosquitto": Daemon(
        "mosquitto", "mosquitto", "Mosquitto",
        (Port(1883, "mqtt", ask=MQTT_ASK, answer=rb"mosquitto version {version}", tells="version"),),
        "exec mosquitto -c conf",
        {"conf": "listener 1883 {address}\nallow_anonymous true\nuser root\npersistence false\n"}),
    "nats": Daemon(
        "nats-server", "nats-server", "NATS",
        (Port(4222, "nats", rb'INFO \{.*"version":"{version}"', tells="version"),),
        "exec nats-server -a {address} -p 4222"),
    "etcd": Daemon(
        "etcd-server", "etcd", "etcd",
        (Port(2379, "http", ask=get("/version"), answer=rb'"etcdserver":"{version}"',
              tells="version"),
         Port(2380, "http", ask=get("/version"), answer=rb'"etcdserver":"{version}"',
              tells="version")),
        "exec etcd --name lab --data-dir {folder}/data --listen-client-urls http://{address}:2379"
        " --advertise-client-urls http://{address}:2379"
        " --listen-peer-urls http://{address}:2380"
        " --initial-advertise-peer-urls http://{address}:2380"
        " --initial-cluster lab=http://{address}:2380"),
    "influxdb": Daemon(
        "influxdb", "influxd", "InfluxDB",
        (Port(8086, "http", ask=get("/ping"), answer=rb"\r\nX-Influxdb-Version: {version}",
              tells="version"),),
        "exec influxd -config conf",
        {"conf": 'reporting-disabled = true\nbind-address = "127.0.0.1:8088"\n'
                 '[meta]\ndir = "{folder}/meta"\n[data]\ndir = "{folder}/data"\n'
                 'wal-dir = "{folder}/wal"\n[http]\nbind-address = "{address}:8086"\n'
                 '[monitor]\nstore-enabled = false\n'}),
    "beanstalkd": Daemon(
        "beanstalkd", "beanstalkd", "beanstalkd",
        (Port(11300, "beanstalkd", ask=b"stats\r\n", answer=rb'\nversion: "?{version}',
              tells="version"),),
        "exec beanstalkd -l {address} -p 11300"),
    "gearmand": Daemon(
        "gearman-job-server", "gearmand", "gearmand",
        (Port(4730, "gearman", ask=b"version\r\n", answer=rb"^OK {version}", tells="version"),),
        "exec gearmand -L {address} -p 4730 -l stderr -P {folder}/pid --threads 1 -u root"),
    "epmd": Daemon(
        "erlang-base", "epmd", "Erlang port mapper",
        (Port(4369, "epmd", ask=b"\0\1n", answer=rb"^\0\0\x11\x11"),),
        "exec epmd -address {address}"),
    "rabbitmq": Daemon(
        "rabbitmq-server", "rabbitmq-server", "RabbitMQ",
        # A protocol that nobody has: the answer is the one that it has.
        (Port(5672, "amqp", ask=b"AMQP\0\0\x09\1", answer=rb"RabbitMQ.*version[^\d]*{version}",
              tells="version"),),
        "export RABBITMQ_NODENAME=lab@{host} RABBITMQ_CONFIG_FILE={folder}/conf"
        " RABBITMQ_MNESIA_BASE={folder} RABBITMQ_LOG_BASE={folder} RABBITMQ_DIST_PORT=25673"
        " RABBITMQ_ENABLED_PLUGINS_FILE={folder}/plugins ERL_EPMD_PORT=4370"
        " RABBITMQ_PID_FILE={folder}/pid;"
        " exec rabbitmq-server",
        {"conf.conf": "listeners.tcp.1 = {address}:5672\n", "plugins": "[].\n"},
        prepare="chown rabbitmq:rabbitmq {folder}"),
    "zookeeper": Daemon(
        "zookeeper", "/usr/share/java/zookeeper.jar", "ZooKeeper",
        (Port(2181, "zookeeper", ask=b"srvr\n", answer=rb"^Zookeeper version: {version}",
              tells="version"),),
        "exec java -Xmx64m -Dzookeeper.admin.enableServer=false -cp '/etc/zookeeper/conf_example:"
        "/usr/share/java/*' org.apache.zookeeper.server.quorum.QuorumPeerMain conf",
        {"conf": "tickTime=2000\ndataDir={folder}/data\nclientPort=2181\n"
                 "clientPortAddress={address}\n4lw.commands.whitelist=srvr\n"}),
}
