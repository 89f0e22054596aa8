/// A number with a fixed count of decimals, rounded to nearest, halves away from zero: the same on every machine.
///
/// - Parameter number: Finite and less than 10¹² in amount; anything else gives its shortest description.
func decimal(_ number: Double, _ places: Int) -> String {
    guard number.isFinite, abs(number) < 1e12, (0...6).contains(places) else { return "\(number)" }
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((abs(number) * Double(scale)).rounded(.toNearestOrAwayFromZero))
    let sign = number < 0 && scaled > 0 ? "-" : ""
    guard places > 0 else { return sign + "\(scaled)" }
    let fraction = String(scaled % scale)
    return sign + "\(scaled / scale)." + String(repeating: "0", count: places - fraction.utf8.count) + fraction
}
