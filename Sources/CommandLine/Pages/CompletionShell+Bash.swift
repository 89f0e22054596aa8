extension CompletionShell {
    static func bash(_ program: String, _ places: [CompletionPlace]) -> String {
        func list(_ words: [String]) -> String { bash.quoted(words.joined(separator: " ")) }
        let cases = places.map { place in
            """
                    \(bash.quoted(place.path)))
                        commands=\(list(place.commands.map(\.name)))
                        options=\(list(place.options.map { "--" + $0.name }))
                        valued=\(list(place.valued)) ;;
            """
        }
        let values = places.flatMap { place in
            place.enumerated.map { option in
                let patterns = CompletionPlace.words(option).map { bash.quoted("\(place.path) \($0)") }
                return "        \(patterns.joined(separator: " | "))) values=\(list(option.choices)) ;;"
            }
        }
        return """
            # bash completion for \(program); written by '\(program) help --completion bash'.

            # What may follow a command: sets commands, options, and those options that take a value.
            _\(program)_at() {
                commands= options= valued=
                case $1 in
            \(cases.joined(separator: "\n"))
                esac
            }

            # The values that an option of a command is restricted to.
            _\(program)_values() {
                values=
                case $1 in
                    '') ;;
            \(values.joined(separator: "\n"))
                esac
            }

            _\(program)() {
                local commands options valued values path= waiting= word place
                local current=${COMP_WORDS[COMP_CWORD]}
                COMPREPLY=()
                _\(program)_at ''
                for ((place = 1; place < COMP_CWORD; place++)); do
                    word=${COMP_WORDS[place]}
                    if [[ $waiting ]]; then
                        # bash makes a word of its own of the = in --name=value.
                        [[ $word == = ]] || waiting=
                    elif [[ $word == -- ]]; then
                        return
                    elif [[ " $valued " == *" $word "* ]]; then
                        waiting=$word
                    elif [[ " $commands " == *" $word "* ]]; then
                        path=${path:+$path }$word
                        _\(program)_at "$path"
                    fi
                done
                if [[ $waiting ]]; then
                    _\(program)_values "$path $waiting"
                    [[ $current != = ]] || current=
                    COMPREPLY=($(compgen -W "$values" -- "$current"))
                elif [[ $current == -* ]]; then
                    COMPREPLY=($(compgen -W "$options" -- "$current"))
                else
                    COMPREPLY=($(compgen -W "$commands" -- "$current"))
                fi
            }

            complete -o bashdefault -o default -F _\(program) \(program)

            """
    }
}
