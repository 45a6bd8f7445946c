# Completion of lockstep(1) for bash; installed as bash-completion/completions/lockstep.

_lockstep() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local port_options="--ports --engine --interface --rate --node-rate --json"
  local command="" sub="" i
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${COMP_WORDS[i]} in
      --config) ((++i)) ;;
      -*) ;;
      *)
        if [[ -z $command ]]; then command=${COMP_WORDS[i]}; else sub=${COMP_WORDS[i]}; break; fi
        ;;
    esac
  done

  case $previous in
    --config | --report) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    --engine) mapfile -t COMPREPLY < <(compgen -W "auto packet connect" -- "$word"); return ;;
    --ports) mapfile -t COMPREPLY < <(compgen -W "default all" -- "$word"); return ;;
    --rate | --node-rate) mapfile -t COMPREPLY < <(compgen -W "unlimited" -- "$word"); return ;;
    --interface)
      mapfile -t COMPREPLY < <(compgen -W "$(cd /sys/class/net && echo *)" -- "$word")
      return
      ;;
  esac

  local words
  case $command in
    "") words="demo scan sweep nodes profile check-config doctor --config --help --version" ;;
    demo) words="--keep --loopback" ;;
    scan) words="$port_options --allow --report" ;;
    sweep) words="$port_options --report" ;;
    nodes) words="--expand --fold --json" ;;
    doctor) words="--json" ;;
    check-config) mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    profile)
      case $sub in
        learn) words="--class --from $port_options" ;;
        show) words="--class --json" ;;
        *) words="learn show" ;;
      esac
      ;;
    *) return ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words --help" -- "$word")
}

complete -F _lockstep lockstep
