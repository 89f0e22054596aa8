/// A line as it is read on a terminal, without the codes that colour it.
func withoutStyles(_ line: String) -> String {
    var text = ""
    var isCode = false
    for scalar in line.unicodeScalars {
        if scalar == "\u{1B}" { isCode = true }
        if !isCode { text.unicodeScalars.append(scalar) }
        if isCode && scalar == "m" { isCode = false }
    }
    return text
}
