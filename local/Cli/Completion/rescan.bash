# bash completion for rescan; source it from ~/.bashrc: source <(rescan completion bash)
_rescan() {
  local word about
  COMPREPLY=()
  while IFS=$'\t' read -r word about; do
    COMPREPLY+=("$(printf '%q' "$word")")
  done < <("$1" __complete "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -o default -F _rescan rescan
