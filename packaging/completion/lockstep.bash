# Completion of lockstep(1) for bash; installed as bash-completion/completions/lockstep.

_lockstep() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local port_options="--ports --udp-ports --engine --interface --rate --node-rate --json"
  local service_options="--services --no-keys --dialogues --probes --recog"
  local command="" sub="" i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      --config | --socket) ((++i)) ;;
      -*) ;;
      *)
        if [[ -z $command ]]; then command=${COMP_WORDS[i]}; else sub=${COMP_WORDS[i]}; break; fi
        ;;
    esac
  done

  case $previous in
    --config | --socket | --report | --dialogues | --probes | --recog) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --engine) mapfile -t COMPREPLY < <(compgen -W "auto packet xdp connect" -- "$word"); return ;;
    --ports | --udp-ports) mapfile -t COMPREPLY < <(compgen -W "default all none" -- "$word"); return ;;
    --rate | --node-rate) mapfile -t COMPREPLY < <(compgen -W "unlimited" -- "$word"); return ;;
    --class | --from | --network | --nodes | --note | --reason) return ;;
    --format) mapfile -t COMPREPLY < <(compgen -W "csv sql" -- "$word"); return ;;
    --for) mapfile -t COMPREPLY < <(compgen -W "1h 12h 1d 7d" -- "$word"); return ;;
    --interface)
      mapfile -t COMPREPLY < <(compgen -W "$(cd /sys/class/net && echo *)" -- "$word")
      return
      ;;
  esac

  local words
  case $command in
    "") words="demo scan sweep nodes alerts alert keys key profile serve plugin-host status reload instance runs audit leave values plugin notify stop store check-config doctor --config --socket --help --version" ;;
    demo) words="--keep --loopback" ;;
    scan) words="$port_options $service_options --allow --report" ;;
    sweep) words="$port_options $service_options --services-all --report" ;;
    nodes) words="--expand --fold --json" ;;
    alerts) words="--all --json" ;;
    alert)
      case $sub in
        ack | silence) words="--nodes --note --for --json" ;;
        resolve) words="--nodes --reason --json" ;;
        *) words="ack silence resolve" ;;
      esac
      ;;
    keys) words="--json" ;;
    key)
      case $sub in
        accept) words="--next --json" ;;
        *) words="accept" ;;
      esac
      ;;
    notify)
      case $sub in
        test) words="--json" ;;
        list) words="--all --limit --json" ;;
        *) words="test list" ;;
      esac
      ;;
    stop) words="--lift --note" ;;
    store)
      case $sub in
        move) words="--json" ;;
        backup | restore)
          if [[ $word != -* ]]; then
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
          fi
          words="--json"
          [[ $sub == backup ]] || words="--verify --json"
          ;;
        *) words="move backup restore" ;;
      esac
      ;;
    plugin-host) words="--socket --for" ;;
    status) words="--json" ;;
    runs | audit) words="--limit --json" ;;
    leave) words="--job" ;;
    instance)
      case $sub in
        list) words="--json" ;;
        set) words="interval= nodes= window= rate= node_rate= priority= busy= overdue= mode= enabled=" ;;
        reset | run) words="" ;;
        *) words="list set reset run" ;;
      esac
      ;;
    doctor) words="--json" ;;
    check-config) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    profile)
      case $sub in
        learn) words="--class --from --consensus --services $port_options" ;;
        import)
          if [[ $word != -* && $previous != --* ]]; then
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
          fi
          words="--class --network --json"
          ;;
        show | diff) words="--class --json" ;;
        approve) words="--class --baseline --table --json" ;;
        export) words="--class --format --json" ;;
        *) words="learn import show diff approve export" ;;
      esac
      ;;
    *) return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words --help" -- "$word")
}

complete -F _lockstep lockstep
