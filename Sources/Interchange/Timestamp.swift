/// A moment as formats write it: `2015-03-18T09:30:00.000Z` (RFC 3339, UTC, milliseconds).
///
/// - Parameter milliseconds: Since 1970. What is outside the years 0 to 9999, which no format can hold, is moved to
///   their border: a device's clock may say anything.
public func timestamp(ofMilliseconds milliseconds: Int64) -> String {
    let clamped = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
    let (seconds, fraction) = clamped.dividedByFlooring(1000)
    let (days, second) = seconds.dividedByFlooring(86_400)
    let (year, month, day) = civilDate(daysSince1970: days)
    func digits(_ value: Int64, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))"
        + "T\(digits(second / 3600, 2)):\(digits(second / 60 % 60, 2)):\(digits(second % 60, 2))"
        + ".\(digits(fraction, 3))Z"
}

/// The date of the proleptic Gregorian calendar.
///
/// `civil_from_days` of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013.
private func civilDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).dividedByFlooring(146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
}

extension Int64 {
    /// Quotient and remainder, the remainder never negative.
    fileprivate func dividedByFlooring(_ divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
