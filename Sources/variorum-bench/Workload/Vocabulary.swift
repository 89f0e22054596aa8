/// The words that the workload's documents and notes are made of. Names in six scripts, so that most records hold text
/// that is not ASCII, as those of a multilingual team do.
enum Vocabulary {
    static let places: [String] = [
        "თბილისი", "ბათუმი", "ქუთაისი", "Київ", "Łódź", "Zürich", "São Paulo", "Reykjavík", "東京", "Αθήνα", "القاهرة",
        "Nairobi", "Toronto", "Lyon", "Leeds", "Vilnius", "Tromsø", "Győr", "Bogotá", "Ankara",
    ]
    static let people: [String] = [
        "ნინო ბერიძე", "გიორგი კაპანაძე", "Олена Шевченко", "Zoë Müller", "José Núñez", "Mary Adams", "Søren Dahl",
        "Anaïs Lefèvre", "Ivan Petrov", "Lucía Peña", "田中 美咲", "Ahmed Saleh", "Grace Otieno", "Tom Baker",
    ]
    static let authors: [String] = [
        "nino", "giorgi", "olena", "zoë", "josé", "mary", "søren", "anaïs",
    ]
    static let subjects: [String] = [
        "The committee", "A witness", "The ministry", "Our second informant", "The translator", "One of the analysts",
        "The regional office", "The archive", "A former employee", "The interviewer", "The older report",
        "Her brother",
    ]
    static let verbs: [String] = [
        "confirmed", "denied", "described", "could not recall", "questioned", "repeated", "had already recorded",
        "published", "withdrew", "corrected", "summarised", "contradicted",
    ]
    static let objects: [String] = [
        "the list of shipments", "the date of the meeting", "an earlier statement", "the agreement of 1998",
        "the figures for the spring quarter", "the account given by the driver", "the closing of the factory",
        "the route along the river", "a letter without signature", "the minutes of the session",
        "the number of families affected", "the change of ownership",
    ]
    static let circumstances: [String] = [
        "in front of three journalists", "without giving a reason", "on the morning of the vote",
        "after the second call", "in a long interview", "although the documents say otherwise",
        "as the map on page 12 shows", "for the first time since the war", "by telephone",
        "when the café was already closed",
    ]
    static let notes: [String] = [
        "Check against the court file", "Same claim as in the previous interview", "Dates do not agree here",
        "Strong evidence for the ownership change", "Translation is doubtful, ask a native speaker",
        "Cf. the note on the river route", "Possible second source", "Quote this in the summary",
        "Tone shifts after this sentence", "Name is spelled differently elsewhere",
    ]
    static let tags: [String] = [
        "ownership", "contradiction", "timeline", "place", "person", "quote", "to-check", "translation", "evidence",
        "economy", "მიწა", "свідок", "résumé", "follow-up", "map", "family", "court", "money", "travel", "method",
    ]

    static func sentence(_ random: inout WorkloadRandom) -> String {
        var words: String
        switch random.below(6) {
        case 0:
            words = "\(random.pick(people)) \(random.pick(verbs)) \(random.pick(objects)) in \(random.pick(places))"
        case 1:
            words = "In \(random.pick(places)), \(random.pick(subjects).lowercased()) "
            words += "\(random.pick(verbs)) \(random.pick(objects))"
        case 2:
            words = "\(random.pick(subjects)) \(random.pick(verbs)) \(random.pick(objects)) "
            words += "\(random.pick(circumstances)), and \(random.pick(people)) \(random.pick(verbs)) it"
        default:
            words =
                "\(random.pick(subjects)) \(random.pick(verbs)) \(random.pick(objects)) \(random.pick(circumstances))"
        }
        return words + "."
    }
}
