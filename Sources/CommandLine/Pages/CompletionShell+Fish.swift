extension CompletionShell {
    static func fish(_ program: String, _ places: [CompletionPlace]) -> String {
        let steps = places.filter { !$0.commands.isEmpty }.map { place in
            let next = place.commands.map { fish.quoted("\(place.path)/\($0.name)") }.joined(separator: " ")
            return "            case \(next)\n                set path (string trim -- \"$path $word\")"
        }
        let valued = places.filter { !$0.valued.isEmpty }.map { place in
            "            case \(place.valued.map { fish.quoted("\(place.path)/\($0)") }.joined(separator: " "))\n                set waiting yes"
        }
        let rules = places.flatMap { place in
            let at = "complete -c \(program) -n \"__\(program)_at \(fish.quoted(place.path))\""
            return place.commands.map { "\(at) -f -a \(fish.quoted($0.name)) -d \(fish.quoted($0.summary))" }
                + place.options.map { option in
                    var rule = "\(at) -l \(option.name)"
                    if let letter = option.letter { rule += " -s \(letter)" }
                    if !option.choices.isEmpty {
                        rule += " -x -a \(fish.quoted(option.choices.joined(separator: " ")))"
                    } else if option.valueName != nil {
                        rule += " -r"
                    }
                    return rule + " -d \(fish.quoted(option.summary))"
                }
        }
        return """
            # fish completion for \(program); written by '\(program) help --completion fish'.

            # Whether the words so far are those of this command.
            function __\(program)_at
                set -l path ''
                set -l waiting no
                for word in (commandline -opc)[2..-1]
                    if test $waiting = yes
                        set waiting no
                        continue
                    end
                    switch "$path/$word"
            \((valued + steps).joined(separator: "\n"))
                    end
                end
                test "$path" = "$argv[1]"
            end

            \(rules.joined(separator: "\n"))

            """
    }
}
