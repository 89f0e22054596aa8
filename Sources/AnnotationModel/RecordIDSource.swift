/// Makes record ids that are unique, quick to insert, and silent.
///
/// An id is a block of 64 random bits followed by a counter from 0. Neighbours in time are neighbours in
/// the index, which makes bulk inserts many times faster than random ids; yet an id holds no time, and the
/// counter counts within *one layer* alone, so that an id seen in the shared layer tells nothing about work
/// in a layer that its reader may not see. Each opened store draws fresh blocks: a copied store
/// cannot make an id that its original makes too.
public struct RecordIDSource: Sendable {
    private var next: [LayerID: RecordID] = [:]

    public init() {}

    /// The next id for a record of `layer`.
    ///
    /// - Parameter random: Gives 64 random bits of cryptographic quality; called once a layer.
    public mutating func make(in layer: LayerID, random: () -> UInt64) -> RecordID {
        let id = next[layer] ?? RecordID(high: random(), low: 0)
        // A new block long before the counter could be taken for part of a hash.
        next[layer] = id.low >= RecordID.counterMax ? nil : RecordID(high: id.high, low: id.low + 1)
        return id
    }
}
