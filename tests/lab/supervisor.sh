# The lab's supervisor, process 1 of its namespaces: creates the hosts and waits for the end.
# Sourced by ./lab, whose options and helpers it uses.

cmd__supervise() {
  record_outer_pid monitor
  end_if_orphaned
  trap 'exit 0' TERM INT
  cd /
  hostname monitor
  may_run rpcbind || echo "lab: rpcbind needs root's rights; the compute hosts go without it" >&2
  mount -t tmpfs -o mode=755 lab "$runtime"
  host_table >"$state/hosts"
  start_holders
  # Only now: the holders too have to see their process numbers of outside first.
  own_kernel_views
  names_resolve
  monitor_links | ip -batch -
  monitor_settings
  set_up_hosts
  echo ready || exit 1
  exec >/dev/null
  if [[ ${LAB_DETACHED:-no} == yes ]]; then
    exec 2>/dev/null
    sleep infinity &
  else
    cat <&0 >/dev/null &
  fi
  wait $!
}

# /proc is still the one of outside; it tells the number by which this process is known there.
record_outer_pid() {
  local pid rest
  read -r pid rest </proc/self/stat
  echo "$pid" >"$state/pid/$1"
}

# The death signal is armed after the fork, so a parent that died before that goes unnoticed.
end_if_orphaned() {
  local parent launcher _
  read -r _ _ _ parent _ </proc/self/stat
  read -r _ _ _ launcher _ <"/proc/$parent/stat"
  [[ $launcher == "$LAB_LAUNCHER" ]] || exit $status_failed
}

# A holder keeps a host's namespaces alive. Sets pids[NAME] to its number in here.
start_holders() {
  declare -gA pids=()
  local name class ready said _
  exec {ready}<> <(:)
  while IFS=$'\t' read -r name class _; do
    host_files "$name" "$class"
    unshare --net --mount --uts -- "$self" _hold --state "$state" "$name" >&$ready &
    pids[$name]=$!
  done < <(host_table; ((wide == 0)) || printf 'wide\twide\n')
  for name in "${!pids[@]}"; do
    { read -r -t $patience_s -u $ready said && [[ $said == up ]]; } ||
      die $status_failed "a host's namespaces did not come up"
  done
  exec {ready}>&-
}

# What the host finds in its /run.
host_files() { # NAME CLASS
  local run=$runtime/$1
  mkdir -p "$run/sshd" "$run/rpcbind" "$run/www"
  echo "$1" >"$run/www/index.html"
  if [[ $2 == wide ]]; then
    wide_sockets >"$run/listen"
  else
    # One of its own, as each node of a cluster has.
    ssh-keygen -q -t ed25519 -N '' -C "lab $1" -f "$run/ssh_host_key"
  fi
}

cmd__hold() {
  local name=${arguments[0]}
  trap 'echo failed' EXIT
  record_outer_pid "$name"
  mount --bind "$runtime/$name" /run
  own_kernel_views
  hostname "$name"
  echo up
  exec sleep infinity >/dev/null 2>&1
}

# /proc with this PID namespace's processes, /sys with this network namespace's interfaces.
own_kernel_views() {
  mount -t proc proc /proc
  mount -t sysfs sysfs /sys
}

# "ADDRESS PORT" of every socket of the wide host: one random port in each of K equal slices of
# 1-65535, so that they are spread and differ; the first address has 1 and 65535 among them.
wide_sockets() {
  awk -v addresses=$wide -v ports=$ports -v seed=$seed '
    function uniform() { x = (x * 16807) % 2147483647; return x / 2147483647 }  # Park-Miller
    BEGIN {
      x = seed; for (i = 0; i < 10; ++i) uniform()
      for (a = 1; a <= addresses; ++a)
        for (p = 0; p < ports; ++p) {
          first = 1 + int(p * 65535 / ports); last = int((p + 1) * 65535 / ports)
          port = first + int(uniform() * (last - first + 1))
          if (a == 1 && p == ports - 1) port = 65535
          if (a == 1 && p == 0) port = 1
          printf "198.19.%d.%d %d\n", 128 + int(a / 256), a % 256, port
        }
    }'
}

# ip's commands for the monitor: a bridge, a port a host, a transmit and a receive queue a core.
monitor_links() {
  local name queues
  queues="numtxqueues $(nproc) numrxqueues $(nproc)"
  cat <<END
link set lo up
link add switch type bridge forward_delay 0 mcast_snooping 0
link set switch up
addr add 198.18.0.1/16 dev switch
END
  ! has_ipv6 || echo "addr add fd00:18::1/64 dev switch nodad"
  for name in "${!pids[@]}"; do
    echo "link add $name $queues type veth peer name eth0 $queues netns ${pids[$name]}"
    [[ $name != wide || $direct == no ]] || continue
    echo "link set $name addrgenmode none master switch up"
  done
  ((wide == 0)) || echo "addr add 198.19.0.1/16 dev $([[ $direct == no ]] && echo switch || echo wide)"
  ((wide == 0)) || [[ $direct == no ]] || echo "link set wide up"
}

has_ipv6() { [[ -e /proc/sys/net/ipv6/conf/all ]]; }

monitor_settings() {
  local setting
  # Filtering bridged frames costs a sixth of the packet rate, and there is no filter here.
  for setting in /proc/sys/net/bridge/bridge-nf-call-*; do
    [[ ! -e $setting ]] || echo 0 >"$setting"
  done
  local name
  for name in "${!pids[@]}"; do receive_offload "$name"; done
}

# A veth passes frames on to its far end's XDP program only where GRO is on.
receive_offload() {
  ! command -v ethtool >/dev/null || ethtool -K "$1" gro on
}

# The hosts' names, for the monitor only.
names_resolve() {
  { cat /etc/hosts && awk -F '\t' '{print $3, $1; print $4, $1}' "$state/hosts"; } >"$runtime/names"
  mount --bind "$runtime/names" /etc/hosts
}

set_up_hosts() {
  local name class ipv4 ipv6 jobs=()
  while IFS=$'\t' read -r name class ipv4 ipv6; do
    nsenter --net --mount --uts --target "${pids[$name]}" -- \
      "$self" _set_up --state "$state" "$class" "$ipv4" "$ipv6" &
    jobs+=($!)
  done < <(host_table; ((wide == 0)) || printf 'wide\twide\t198.19.0.2\t\n')
  local job
  for job in "${jobs[@]}"; do
    wait "$job" || die $status_failed "a host did not come up"
  done
}
