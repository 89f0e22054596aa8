extension CompletionShell {
    static func zsh(_ program: String, _ places: [CompletionPlace]) -> String {
        func list(_ words: [String]) -> String { "(" + words.map(zsh.quoted).joined(separator: " ") + ")" }
        func described(_ name: String, _ summary: String) -> String {
            name + ":" + summary.replacing(":", with: "\\:")
        }
        let cases = places.map { place in
            """
                    \(zsh.quoted(place.path)))
                        names=\(list(place.commands.map(\.name)))
                        commands=\(list(place.commands.map { described($0.name, $0.summary) }))
                        options=\(list(place.options.map { described("--" + $0.name, $0.summary) }))
                        valued=\(list(place.valued)) ;;
            """
        }
        let values = places.flatMap { place in
            place.enumerated.map { option in
                let patterns = CompletionPlace.words(option).map { zsh.quoted("\(place.path) \($0)") }
                return "        \(patterns.joined(separator: " | "))) values=\(list(option.choices)) ;;"
            }
        }
        return """
            #compdef \(program)
            # Written by '\(program) help --completion zsh'.

            # What may follow a command: sets names, commands, options, and those options that take a value.
            _\(program)_at() {
                names=() commands=() options=() valued=()
                case $1 in
            \(cases.joined(separator: "\n"))
                esac
            }

            # The values that an option of a command is restricted to.
            _\(program)_values() {
                values=()
                case $1 in
                    '') ;;
            \(values.joined(separator: "\n"))
                esac
            }

            _\(program)() {
                local -a names commands options valued values
                local at= waiting= word
                _\(program)_at ''
                for word in "${(@)words[2,CURRENT-1]}"; do
                    if [[ -n $waiting ]]; then
                        waiting=
                    elif [[ $word == -- ]]; then
                        _files
                        return
                    elif (( ${valued[(Ie)$word]} )); then
                        waiting=$word
                    elif (( ${names[(Ie)$word]} )); then
                        at=${at:+$at }$word
                        _\(program)_at "$at"
                    fi
                done
                if [[ -z $waiting && $PREFIX == --*=* ]]; then
                    waiting=${PREFIX%%=*}
                    compset -P '*='
                fi
                if [[ -n $waiting ]]; then
                    _\(program)_values "$at $waiting"
                    if (( ${#values} )); then compadd -a values; else _files; fi
                elif [[ $PREFIX == -* ]]; then
                    _describe -o option options
                elif (( ${#commands} )); then
                    _describe command commands
                else
                    _files
                fi
            }

            if [[ $funcstack[1] == _\(program) ]]; then _\(program) "$@"; else compdef _\(program) \(program); fi

            """
    }
}
