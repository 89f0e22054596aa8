extension FuzzTarget {
    /// Every target, in the order of lists.
    public static let all: [FuzzTarget] = [
        payload, messages, recordState, cbor, selector, text, httpRequest, httpClient,
    ]
}
