/**
 * bash 3.2 and later. bash splits words at `=` and `:`, which occur in endpoints and flags. So the
 * script reads the line itself, and cuts from each candidate the beginning that bash has split off.
 */
export const script = `# bash completion for fairlead:  source <(fairlead completion bash)
_fairlead() {
  local line=\${COMP_LINE:0:COMP_POINT} words=() word= begun= quote= some= char i out value directive
  COMPREPLY=()
  for ((i = 0; i < \${#line}; i++)); do
    char=\${line:i:1}
    if [[ $quote ]]; then
      if [[ $char == "$quote" ]]; then quote=; else word+=$char; fi
    elif [[ $char == [\\'\\"] ]]; then
      quote=$char some=1
    elif [[ $char == [[:space:]] ]]; then
      [[ $some ]] && words+=("$word")
      word= some=
    else
      [[ $char == \\\\ ]] && char=\${line:++i:1}
      word+=$char some=1
    fi
  done
  words+=("$word")
  # bash completes only what follows the last = or :, except between quotes.
  [[ $quote ]] || begun=\${word%"\${word##*[=:]}"}
  out=$("\${words[0]/#\\~/$HOME}" __complete "\${words[@]:1}" 2>/dev/null) || return
  directive=\${out##*:}
  out=\${out%:*}
  while IFS= read -r value; do
    value=\${value%%$'\\t'*}
    value=\${value#"$begun"}
    [[ -z $quote && $value == *[^[:alnum:]_.,:=/@%+~^-]* ]] && printf -v value %q "$value"
    [[ $value ]] && COMPREPLY+=("$value")
  done <<<"$out"
  if ((directive & 2)); then compopt -o nospace 2>/dev/null; fi
  if ((directive & 16)); then
    compopt -o filenames 2>/dev/null
    while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -d -- "\${word#"$begun"}")
  elif ! ((directive & 4)); then
    compopt -o filenames 2>/dev/null
    while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "\${word#"$begun"}")
  fi
}
complete -F _fairlead fairlead
`;
