import AnnotationModel
import Simulation
import TestSupport
import Testing
import WireFormat

/// Every decoder: gives back what was encoded, and an error for everything else; whatever the bytes, it never traps.
@Suite struct CodingTests {
    @Test(arguments: WireType.all) func decodesWhatItEncodes(type: WireType) throws {
        for seed in 0..<200 {
            var wire = RandomWire(seed: UInt64(seed))
            _ = try type.roundTrip(&wire)
        }
    }

    @Test(arguments: WireType.all) func refusesEveryProperPrefixAndEveryTail(type: WireType) throws {
        for seed in 0..<4 {
            var wire = RandomWire(seed: UInt64(seed))
            let bytes = try type.roundTrip(&wire)
            for count in bytes.indices where bytes.count <= 1500 || wire.random.chance(1500, in: bytes.count) {
                #expect(throws: WireError.self, "\(count) of \(bytes.count) bytes, seed \(seed)") {
                    try type.again(Array(bytes[..<count]))
                }
            }
            for tail: UInt8 in [0, 0x80, 0xF6, 0xFF] {
                #expect(throws: WireError.self) { try type.again(bytes + [tail]) }
            }
        }
    }

    /// One flipped bit is an error or another value, and another value has exactly these bytes.
    @Test(arguments: WireType.all) func takesNoBitFlipAmiss(type: WireType) throws {
        for seed in 0..<2 {
            var wire = RandomWire(seed: UInt64(seed))
            let bytes = try type.roundTrip(&wire)
            // Of long messages a sample, else the time grows with the square of the length.
            let bits = bytes.count * 8
            let chosen = bits <= 6000 ? Array(0..<bits) : (0..<6000).map { _ in wire.random.below(bits) }
            for bit in chosen {
                var flipped = bytes
                flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                guard let again = try? type.again(flipped) else { continue }
                if type.isBijective { #expect(again == flipped, "bit \(bit), seed \(seed)") }
            }
        }
    }

    @Test(arguments: WireType.all) func takesNoRubbishAmiss(type: WireType) throws {
        var wire = RandomWire(seed: 99)
        let bytes = try type.roundTrip(&wire)
        for _ in 0..<3000 {
            // Random bytes die at the first head; a few exchanged ones get further.
            var damaged = bytes
            for _ in 0...wire.random.below(4) where !damaged.isEmpty {
                damaged[wire.random.below(damaged.count)] = UInt8(truncatingIfNeeded: wire.random.next())
            }
            if wire.random.chance(1, in: 2), !damaged.isEmpty {
                let place = wire.random.below(damaged.count)
                damaged.replaceSubrange(place..<min(place + 8, damaged.count), with: wire.bytes(wire.random.below(12)))
            }
            guard let again = try? type.again(damaged) else { continue }
            if type.isBijective { #expect(again == damaged) }
        }
    }
}
