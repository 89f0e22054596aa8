extension FuzzTarget {
    /// Every target, in the order of lists.
    public static let all: [FuzzTarget] = [
        change, payload, messages, recordState, bundle, cbor, selector, text, httpRequest, httpClient, server,
        syncClient,
        commandLine, smallFiles, configuration, codebook,
    ]
}
