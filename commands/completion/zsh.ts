/** zsh 5, which shows the description of each word. */
export const script = `#compdef fairlead
# zsh completion for fairlead:  source <(fairlead completion zsh)
# or save it as _fairlead in a folder of $fpath
_fairlead() {
  local -a lines values shown
  local line value directive=4
  # The word at the cursor is taken without the quote that it may begin with.
  local -a asked=("\${(@Q)words[1,CURRENT-1]}" "\${(Q)PREFIX}")
  lines=("\${(@f)$("\${asked[1]/#\\~/$HOME}" __complete "\${(@)asked[2,-1]}" 2>/dev/null)}")
  for line in $lines; do
    case $line in
    :[0-9]*) directive=\${line#:} ;;
    *)
      value=\${line%%$'\\t'*}
      values+=("$value")
      if [[ $line == *$'\\t'* ]]; then shown+=("$value  -- \${line#*$'\\t'}"); else shown+=("$value"); fi
      ;;
    esac
  done
  if (( \${#values} )); then
    local -a how=(-l)
    (( directive & 2 )) && how+=(-S '')
    compadd "\${how[@]}" -d shown -a values
  fi
  if (( directive & 16 )); then
    [[ $PREFIX == --*=* ]] && compset -P '--*='
    _files -/
  elif (( !(directive & 4) )); then
    [[ $PREFIX == --*=* ]] && compset -P '--*='
    _files
  fi
}
if [[ \${funcstack[1]} == _fairlead ]]; then
  _fairlead "$@"
else
  compdef _fairlead fairlead
fi
`;
