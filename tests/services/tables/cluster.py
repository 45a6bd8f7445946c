"""What runs on the nodes of a cluster: jobs, counters, shared files, RPC."""

from daemon import NO_VERSION, Daemon, Port, get, rpc_call, rpc_versions

MUNGE = ("dd if=/dev/urandom of=munge.key bs=64 count=1 2>/dev/null; chmod 400 munge.key;"
         " mkdir munge; munged -F --force --key-file=munge.key --socket={folder}/munge/socket"
         " --pid-file={folder}/munge/pid --log-file={folder}/munge/log"
         " --seed-file={folder}/munge/seed &"
         " until test -S munge/socket; do sleep 0.1; done;")

SLURM_CONF = ("ClusterName=lab\nSlurmctldHost={host}({address})\nSlurmUser=root\n"
              "AuthType=auth/munge\nAuthInfo=socket={folder}/munge/socket\n"
              "CredType=cred/munge\nStateSaveLocation={folder}/state\nSlurmdSpoolDir={folder}/spool\n"
              "SlurmctldPidFile={folder}/ctld.pid\nSlurmdPidFile={folder}/d.pid\n"
              "ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nMpiDefault=none\n"
              "SelectType=select/cons_tres\nReturnToService=2\n"
              "NodeName={host} NodeAddr={address} CPUs=1 State=UNKNOWN\n"
              "PartitionName=lab Nodes={host} Default=YES State=UP\n")


def exporter(package, product, port, options, **more):
    """Prometheus's exporters write what they are among their metrics."""
    name = package.removeprefix("prometheus-").replace("-", "_").encode()
    return Daemon(package, package, product,
                  (Port(port, "http", ask=get("/metrics"),
                        answer=name + rb'_build_info\{[^}]*version="{version}', tells="version"),),
                  f"exec {package} --web.listen-address={{address}}:{port} {options}", **more)


NFS, STATUS, PORTMAPPER, GLUSTER_HANDSHAKE = 100003, 100024, 100000, 14398633

CLUSTER = {
    # The lab starts these two itself.
    "rpcbind": Daemon(
        "rpcbind", "rpcbind", "rpcbind",
        (Port(111, "rpcbind", ask=rpc_call(PORTMAPPER, NO_VERSION), answer=rpc_versions(2, 4)),)),
    "node_exporter": Daemon(
        "prometheus-node-exporter", "prometheus-node-exporter", "Prometheus node_exporter",
        (Port(9100, "http", ask=get("/metrics"),
              answer=rb'node_exporter_build_info\{[^}]*version="{version}', tells="version"),)),
    "rpc.statd": Daemon(
        "nfs-common", "rpc.statd", "nfs-utils rpc.statd",
        (Port(662, "status", ask=rpc_call(STATUS, NO_VERSION), answer=rpc_versions(1, 1)),),
        "exec rpc.statd -F -L -P {folder} -p 662", prepare="mkdir -p sm sm.bak"),
    # Where no program of RPC is expected.
    "rpc.statd-odd": Daemon(
        "nfs-common", "rpc.statd", "nfs-utils rpc.statd",
        (Port(41662, "status", ask=rpc_call(STATUS, NO_VERSION), answer=rpc_versions(1, 1)),),
        "exec rpc.statd -F -L -P {folder} -p 41662", prepare="mkdir -p sm sm.bak"),
    "ganesha": Daemon(
        "nfs-ganesha", "ganesha.nfsd", "NFS-Ganesha",
        (Port(2049, "nfs", ask=rpc_call(NFS, NO_VERSION), answer=rpc_versions(3, 4)),),
        "exec ganesha.nfsd -F -L STDOUT -f {folder}/conf -p {folder}/pid",
        {"conf": "NFS_CORE_PARAM { Enable_NLM = false; Enable_RQUOTA = false; Protocols = 3, 4;\n"
                 "Bind_addr = {address}; }\nNFSv4 { RecoveryRoot = {folder}; }\n"}),
    "glusterd": Daemon(
        "glusterfs-server", "glusterd", "GlusterFS",
        (Port(24007, "glusterd", ask=rpc_call(GLUSTER_HANDSHAKE, NO_VERSION),
              answer=rb"^\x80...Lock\x00\x00\x00\x01"),),
        "exec glusterd -N -l {folder}/gluster.log -p {folder}/pid"
        " --xlator-option *.transport.socket.bind-address={address}"
        " --xlator-option *.working-directory={folder}/state",
        prepare="mkdir state"),
    # Slurm is never asked anything: a stranger's bytes are an error in its log.
    "slurmctld": Daemon(
        "slurmctld", "slurmctld", "Slurm slurmctld", (Port(6817, "slurmctld"),),
        MUNGE + " exec slurmctld -D -f {folder}/slurm.conf", {"slurm.conf": SLURM_CONF},
        prepare="mkdir state spool"),
    "slurmd": Daemon(
        "slurmd", "slurmd", "Slurm slurmd", (Port(6818, "slurmd"),),
        MUNGE + " exec slurmd -D -f {folder}/slurm.conf -N {host}", {"slurm.conf": SLURM_CONF,
         "cgroup.conf": "CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n"
                        "CgroupMountpoint={folder}/cgroup\n"},
        prepare="mkdir state spool cgroup"),
    "slurmdbd": Daemon(
        "slurmdbd", "slurmdbd", "Slurm slurmdbd", (Port(6819, "slurmdbd"),),
        MUNGE + " mariadbd --no-defaults --user=root --datadir={folder}/data --skip-networking"
        " --socket=/run/mysqld/mysqld.sock --pid-file={folder}/mariadb.pid"
        " --innodb-buffer-pool-size=8M --skip-log-bin --skip-grant-tables &"
        " until test -S /run/mysqld/mysqld.sock; do sleep 0.1; done; exec slurmdbd -D",
        {"slurmdbd.conf": "AuthType=auth/munge\nAuthInfo=socket={folder}/munge/socket\n"
                          "DbdHost={host}\nDbdAddr={address}\nSlurmUser=root\n"
                          "StorageType=accounting_storage/mysql\nStorageUser=root\n"
                          "StorageLoc=lab\nPidFile={folder}/pid\n"},
        prepare="mkdir -p /run/mysqld /etc/slurm && mv slurmdbd.conf /etc/slurm"
                " && chmod 600 /etc/slurm/slurmdbd.conf && mkdir data"),
    "pmcd": Daemon(
        "pcp", "pmcd", "PCP pmcd",
        # Its greeting: 20 bytes, type 0x7000, no error, and what it can do.
        (Port(44321, "pmcd", rb"\0\0\0\x14\0\0\x70\0"),),
        "PCP_RUN_DIR={folder} PCP_LOG_DIR={folder}"
        " exec pmcd -f -A -i {address} -c {folder}/conf -l {folder}/pmcd.log -s {folder}/socket"
        " -U root -n /var/lib/pcp/pmns/root_pmcd",
        {"conf": "pmcd 2 dso pmcd_init /var/lib/pcp/pmdas/pmcd/pmda_pmcd.so\n"},
        prepare="mkdir -p /run/pcp"),
    "gmond": Daemon(
        "ganglia-monitor", "gmond", "Ganglia gmond",
        (Port(8649, "ganglia", rb'<\?xml .*<GANGLIA_XML VERSION="{version}" SOURCE="gmond">',
              tells="version"),),
        "exec gmond -f -c {folder}/conf -p {folder}/pid",
        {"conf": 'globals { daemonize = no setuid = no user = nobody mute = no deaf = no }\n'
                 'cluster { name = "lab" }\n'
                 'udp_send_channel { host = {address} port = 8649 }\n'
                 'udp_recv_channel { port = 8649 bind = {address} }\n'
                 'tcp_accept_channel { bind = {address} port = 8649 }\n'
                 'modules { module { name = "core_metrics" } }\n'}),
    "blackbox_exporter": exporter(
        "prometheus-blackbox-exporter", "Prometheus blackbox_exporter", 9115,
        "--config.file=/etc/prometheus/blackbox.yml"),
    "process_exporter": Daemon(
        "prometheus-process-exporter", "prometheus-process-exporter", "process-exporter",
        (Port(9256, "http", ask=get("/metrics"), answer=rb"namedprocess_namegroup_",
              tells="product"),),
        "exec prometheus-process-exporter --web.listen-address={address}:9256 --procnames=sshd"),
    "mysqld_exporter": exporter(
        "prometheus-mysqld-exporter", "Prometheus mysqld_exporter", 9104,
        "--config.my-cnf={folder}/my.cnf",
        # At a port where no row has a database: with one, its metrics are longer than what is read.
        files={"my.cnf": "[client]\nuser=lab\npassword=lab\nhost={address}\nport=1\n"}),
    "pushgateway": exporter(
        "prometheus-pushgateway", "Prometheus Pushgateway", 9091, ""),
    "alertmanager": exporter(
        "prometheus-alertmanager", "Prometheus Alertmanager", 9093,
        "--config.file={folder}/conf --storage.path={folder} --cluster.listen-address=",
        files={"conf": "route:\n  receiver: lab\nreceivers:\n  - name: lab\n"}),
    "prometheus": Daemon(
        "prometheus", "prometheus", "Prometheus",
        (Port(9090, "http", ask=get("/metrics"),
              answer=rb'prometheus_build_info\{[^}]*version="{version}', tells="version"),),
        "exec prometheus --web.listen-address={address}:9090 --config.file=conf"
        " --storage.tsdb.path={folder}/data",
        {"conf": "global:\n  scrape_interval: 60s\n"}),
    "dask-scheduler": Daemon(
        "python3-distributed", "/usr/lib/python3/dist-packages/distributed", "Dask scheduler",
        # Two frames, their lengths first; in the first, MessagePack's words.
        (Port(8786, "dask", rb".*pickle-protocol", tells="product"),),
        "exec /usr/bin/python3 -m distributed.cli.dask_scheduler --host tcp://{address} --port 8786"
        " --no-dashboard"),
    "jupyter": Daemon(
        "jupyter-server", "jupyter-server", "Jupyter Server",
        (Port(8888, "http", ask=get("/api"), answer=rb'"version": "{version}"', tells="version"),),
        "exec jupyter-server --allow-root --no-browser --ip={address} --port=8888"
        " --ServerApp.root_dir={folder} --ServerApp.allow_remote_access=True"),
    "podman": Daemon(
        "podman", "podman", "Podman",
        (Port(2375, "docker", ask=get("/_ping"), answer=rb"\r\nServer: Libpod/{version} ",
              tells="version"),),
        "exec podman --root {folder}/root --runroot {folder}/runroot --tmpdir {folder}/tmp"
        " --cgroup-manager cgroupfs --storage-driver vfs --events-backend none"
        " system service --time 0 tcp://{address}:2375"),
}
