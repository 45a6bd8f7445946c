# The lab's hosts and their daemons: which there are, and the commands that run inside a host.
# Sourced by ./lab, whose options and helpers it uses.

# NAME CLASS IPV4 IPV6 of every host, in scan order.
host_table() {
  local n
  for ((n = 1; n <= compute; ++n)); do
    printf 'node%d\tcompute\t198.18.1.%d\tfd00:18::1:%d\n' $n $n $n
  done
  for ((n = 1; n <= login; ++n)); do
    printf 'login%d\tlogin\t198.18.2.%d\tfd00:18::2:%d\n' $n $n $n
  done
}

readonly all_daemons=(sshd rpcbind httpd node_exporter listeners)

is_daemon() { [[ " ${all_daemons[*]} " == *" $1 "* ]]; }

class_daemons() {
  case $1 in
    compute) echo sshd rpcbind node_exporter ;;
    login) echo sshd httpd ;;
    wide) echo listeners ;;
  esac
}

daemon_port() {
  case $1 in
    sshd) echo 22 ;;
    rpcbind) echo 111 ;;
    httpd) echo 80 ;;
    node_exporter) echo 9100 ;;
    *[!0-9]*) echo "" ;;
    *) echo "$1" ;;
  esac
}

program_of() {
  case $1 in
    httpd) echo busybox ;;
    node_exporter) echo prometheus-node-exporter ;;
    listeners) listeners_program ;;
    *[!0-9]*) echo "$1" ;;
    *) echo nc.openbsd ;;
  esac
}

listeners_program() {
  local built=${LAB_LISTENERS:-} candidate
  for candidate in "${self%/tests/lab/lab}"/build/*/tests/lab/lab_listeners; do
    [[ -z $built || (-z ${LAB_LISTENERS:-} && $candidate -nt $built) ]] && built=$candidate
  done
  [[ -x $built ]] || die $status_failed \
    "the wide host's program is not built: cmake --preset dev && cmake --build build/dev --target lab_listeners"
  echo "$built"
}

run_daemon() { # DAEMON PROGRAM: becomes it
  case $1 in
    # Nobody can log in: the lab's hosts share the accounts of this machine.
    sshd) exec "$2" -D -e -f /dev/null -h /run/ssh_host_key -o PidFile=none \
      -o PasswordAuthentication=no -o KbdInteractiveAuthentication=no -o AuthorizedKeysFile=none ;;
    rpcbind) exec "$2" -f ;;
    httpd) exec "$2" httpd -f -p 80 -h /run/www ;;
    node_exporter) exec "$2" --log.level=error ;;
    listeners) exec "$2" </run/listen ;;
    *) exec "$2" -lk "$1" ;;
  esac
}

# rpcbind changes to a user of its own; a user namespace with a single user has none.
may_run() {
  local users
  read -r _ _ users </proc/self/uid_map
  [[ $1 != rpcbind ]] || ((users > 1))
}

check_programs() {
  local name program missing=()
  for program in ip ss unshare nsenter setpriv flock ssh-keygen awk hostname; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  for name in $( ((compute == 0)) || class_daemons compute; ((login == 0)) || class_daemons login); do
    program=$(program_of "$name")
    command -v "$program" >/dev/null || missing+=("$program")
  done
  ((${#missing[@]} == 0)) ||
    die $status_failed "not installed: ${missing[*]}. Install them: scripts/install-packages lab"
  ((wide == 0)) || LAB_LISTENERS=$(listeners_program)
  export LAB_LISTENERS
}

# ---------------------------------------------------------------- inside a host

cmd__set_up() {
  local class=${arguments[0]} ipv4=${arguments[1]} ipv6=${arguments[2]:-} daemon daemons
  ! has_ipv6 || echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad
  ! has_ipv6 || echo 1 >/proc/sys/net/ipv6/conf/eth0/keep_addr_on_down
  receive_offload eth0
  {
    echo "link set lo up"
    echo "link set eth0 up"
    echo "addr add $ipv4/16 dev eth0"
    [[ -z $ipv6 ]] || ! has_ipv6 || echo "addr add $ipv6/64 dev eth0 nodad"
    [[ $class != wide ]] || echo "route add local $wide_prefix dev lo"
  } | ip -batch -
  daemons=$(class_daemons "$class")
  for daemon in $daemons; do launch "$daemon"; done
  for daemon in $daemons; do await_listening "$daemon"; done
}

launch() {
  may_run "$1" || return 0
  (run_daemon "$1" "$(command -v "$(program_of "$1")")") </dev/null >"/run/$1.log" 2>&1 &
  echo $! >"/run/$1.pid"
}

await_listening() {
  may_run "$1" || return 0
  local deadline=$((SECONDS + patience_s)) pid
  pid=$(<"/run/$1.pid")
  until listens "$1"; do
    if ((SECONDS >= deadline)) || ! kill -0 "$pid" 2>/dev/null; then
      echo "lab: $1 does not listen on $(hostname); its last words:" >&2
      tail -n 5 "/run/$1.log" >&2
      exit $status_failed
    fi
    sleep 0.02
  done
}

listens() {
  if [[ $1 == listeners ]]; then
    grep -q '^ready$' "/run/$1.log"
  else
    [[ -n $(ss -Hltn "sport = :$(daemon_port "$1")") ]]
  fi
}

cmd__start() {
  local daemon=${arguments[0]}
  [[ ! -e /run/$daemon.pid ]] || ! kill -0 "$(<"/run/$daemon.pid")" 2>/dev/null ||
    die $status_failed "$daemon runs already"
  [[ -z $(daemon_port "$daemon") || -z $(ss -Hltn "sport = :$(daemon_port "$daemon")") ]] ||
    die $status_failed "something else listens on port $(daemon_port "$daemon")"
  launch "$daemon"
  await_listening "$daemon"
}

cmd__kill() {
  local daemon=${arguments[0]} pid
  [[ -e /run/$daemon.pid ]] || die $status_failed "no $daemon runs there"
  pid=$(<"/run/$daemon.pid")
  kill -KILL "$pid" 2>/dev/null || die $status_failed "$daemon is dead already"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
  rm "/run/$daemon.pid"
}

cmd__add_rule() {
  nft -f - <<END
add table inet lab
add chain inet lab input { type filter hook input priority 0; }
add rule inet lab input ${arguments[*]}
END
}

cmd__heal() {
  nft -f - <<<$'add table inet lab\ndelete table inet lab'
  ip link set eth0 up
}
