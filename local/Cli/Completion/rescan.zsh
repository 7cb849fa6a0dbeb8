#compdef rescan
# zsh completion for rescan; after compinit in ~/.zshrc: source <(rescan completion zsh)
_rescan() {
  local word about
  local -a found
  while IFS=$'\t' read -r word about; do
    found+=("${word//:/\\:}${about:+:$about}")
  done < <("${words[1]}" __complete "${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)
  if (( $#found )); then
    _describe rescan found
  else
    _files
  fi
}
if [[ "${funcstack[1]}" = _rescan ]]; then
  _rescan "$@"
elif (( $+functions[compdef] )); then
  compdef _rescan rescan
fi
