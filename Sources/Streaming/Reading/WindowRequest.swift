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
    ///   - standardization: applied to the rows first.
    ///   - rows: raw features, frame after frame.
    ///   - chunk: so many frames, from the left, become final; the rest is lookahead and comes again.
    ///   - isEnd: the window's right edge is the true end; then the chunk is the whole window.
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
