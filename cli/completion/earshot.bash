# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
# bash completion for earshot: the program knows its own commands and options.
_earshot() {
  local IFS=$'\n' words
  words=("${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=($(command "${COMP_WORDS[0]}" __complete "${words[@]//[\\\"\']/}" 2>/dev/null | cut -f1))
  local i
  for i in "${!COMPREPLY[@]}"; do # names of saved searches may have spaces
    [[ ${COMPREPLY[i]} != *[[:space:]]* ]] || printf -v "COMPREPLY[$i]" %q "${COMPREPLY[i]}"
  done
}
complete -o default -F _earshot earshot
