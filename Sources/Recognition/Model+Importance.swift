import DuctusNetwork
import Foundation

extension Model {
    /// The importance of each weight for the model's training: the diagonal of the Fisher information, 1 on average, in
    /// the order of the network's parameters. Later learning holds on to the weights by it (Kirkpatrick et al.:
    /// "Overcoming catastrophic forgetting", PNAS 2017).
    ///
    /// The file is read at each call, because only learning needs it.
    ///
    /// - Returns: nil where the model's folder has none.
    /// - Throws: `ModelError.unusable`, which names the file.
    public func importance() throws(ModelError) -> [Float]? {
        guard let importanceFile else { return nil }
        let remedy = "`ductus calibrate --fisher` writes it anew"
        let file: WeightFile
        do {
            file = try WeightFile(contentsOf: importanceFile)
        } catch {
            throw .unusable(path: importanceFile.path, reason: "\(error); \(remedy)")
        }
        guard file.architecture == network.architecture else {
            throw .unusable(path: importanceFile.path, reason: "it is of another network; \(remedy)")
        }
        guard file.parameters.allSatisfy({ $0 >= 0 }) else {
            throw .unusable(path: importanceFile.path, reason: "an importance is negative; \(remedy)")
        }
        return file.parameters
    }

    /// Writes the file that `importance()` reads into a model folder: 16 bits per weight.
    ///
    /// - Parameter importance: per parameter of `network`, not negative.
    /// - Throws: `SafetensorsError`.
    public static func write(importance: [Float], of network: Network, to folder: URL) throws {
        precondition(importance.count == network.layout.count, "an importance for each weight")
        let largest = Float(Float16.greatestFiniteMagnitude)
        try WeightFile(architecture: network.architecture, parameters: importance.map { min($0, largest) })
            .write(to: folder.appending(path: File.importance), storage: .f16)
    }
}
