# Completion of sluss(8) for bash. It asks the program itself, so it is never behind it.

# The words that a command's help offers: its commands, or its options.
_sluss_words() {
    "${COMP_WORDS[0]}" "${@:2}" --help 2>/dev/null | case $1 in
        commands) awk '/^Commands:/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ { print $1 }' ;;
        options) grep -oE -- '(^| )--[a-z][a-z-]*' | sort -u ;;
    esac
}

_sluss() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path=() word known index
    case $previous in
        --config | --head) compopt -o default; return ;;
    esac
    known=" $(_sluss_words commands | tr '\n' ' ')"
    for ((index = 1; index < COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if [[ $known == *" $word "* ]]; then
            path+=("$word")
            known=" $(_sluss_words commands "${path[@]}" | tr '\n' ' ')"
        fi
    done
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_sluss_words options "${path[@]}")" -- "$current")
    elif [[ -n ${known// /} ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$known" -- "$current")
    else
        compopt -o default
    fi
}

complete -F _sluss sluss
