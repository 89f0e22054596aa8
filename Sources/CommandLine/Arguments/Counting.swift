extension RandomAccessCollection where Index == Int {
    /// The element that people count as `number`, from 1; `nil` for a number that none has, however far off.
    func element(numbered number: Int) -> Element? {
        number >= 1 && number <= count ? self[startIndex + (number - 1)] : nil
    }
}
