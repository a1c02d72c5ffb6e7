# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash

# Completion of the command mood in bash. What there is to complete to, the command itself knows.

_mood() {
  local cur words cword line word value

  # bash takes a word apart at these; the command wants it whole.
  _get_comp_words_by_ref -n := cur words cword || return
  value=${cur#--*=}

  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :file)
        compopt -o filenames
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$value")
        ;;
      :directory)
        compopt -o filenames
        mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$value")
        ;;
      :user) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -u -- "$value") ;;
      :group) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -g -- "$value") ;;
      *)
        word=${line%%$'\t'*}
        # Of “--option=value” bash replaces what follows the equals sign.
        if [[ $cur == --*=* ]]; then
          word=${word#--*=}
        fi
        # It gets no blank where its value is to follow.
        if [[ $word == *= ]]; then
          compopt -o nospace
        else
          printf -v word %q "$word"
        fi
        COMPREPLY+=("$word")
        ;;
    esac
  done < <("${words[0]}" complete -- "${words[@]:1:cword}" 2>/dev/null)

  # A colon in what is there already is of a word of its own.
  __ltrim_colon_completions "$cur"
}

complete -F _mood mood
