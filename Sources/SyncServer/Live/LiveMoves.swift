import AnnotationModel
import ChangeLog

/// Which layers are being told to have moved, so that moves in quick succession are told as one: a value, without clock.
///
/// A layer that moves is told at once, then rests; what moves meanwhile is told together after the rest.
struct LiveMoves {
    /// Layers that are being told of or rest, and whether they have moved since they were looked at.
    private var busy: [LayerID: Bool] = [:]

    /// - Returns: whether the layer is to be told of now; if not, somebody is at it.
    mutating func moved(_ layer: LayerID) -> Bool {
        defer { busy[layer] = busy[layer] != nil }
        return busy[layer] == nil
    }

    /// The layer has rested. - Returns: whether it has to be told of again.
    mutating func rested(_ layer: LayerID) -> Bool {
        guard busy[layer] == true else {
            busy[layer] = nil
            return false
        }
        busy[layer] = false
        return true
    }
}
