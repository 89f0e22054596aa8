/// The days from 1970-01-01 to `YYYY-MM-DD` in the proleptic Gregorian calendar; `nil` for anything else, a year or a month too.
///
/// `days_from_civil` of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013.
func dayNumber(_ date: String) -> Int? {
    let bytes = Array(date.utf8)
    let dash = UInt8(ascii: "-")
    guard bytes.count == 10, bytes[4] == dash, bytes[7] == dash else { return nil }
    func number(_ places: Range<Int>) -> Int? {
        var number = 0
        for byte in bytes[places] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), (1...12).contains(month) else {
        return nil
    }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let length = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    guard (1...length).contains(day) else { return nil }
    // Years from March, 400 more of them so that none is negative.
    let shifted = year + 400 - (month <= 2 ? 1 : 0)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468 - 146_097
}
