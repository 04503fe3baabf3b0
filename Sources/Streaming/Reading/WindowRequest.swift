import DuctusNetwork
import DuctusRecognition

/// A request to compute the next window of a stream.
package struct WindowRequest {
    let network: Network
    let standardization: Standardization
    let rows: ArraySlice<Float>
    let state: NetworkState
    let chunk: Int
    let isEnd: Bool

    /// - Parameters:
    ///   - standardization: the standardization that is applied to the rows first.
    ///   - rows: raw features, frame after frame.
    ///   - chunk: the number of frames, from the left, that become final. The rest is lookahead and comes again.
    ///   - isEnd: whether the window's right edge is the end of the segment. Then the chunk is the whole window.
    package init(
        network: Network, standardization: Standardization, rows: ArraySlice<Float>, state: NetworkState, chunk: Int,
        isEnd: Bool = false
    ) {
        self.network = network
        self.standardization = standardization
        self.rows = rows
        self.state = state
        self.chunk = chunk
        self.isEnd = isEnd
    }

    var frames: Int { rows.count / max(1, network.architecture.input) }
}
