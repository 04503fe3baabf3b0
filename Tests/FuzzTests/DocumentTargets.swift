import DuctusDocuments
import InkTestSupport

extension FuzzTarget {
    /// Documents of other programs, one target for each sample.
    static let documents = DocumentSamples.all.enumerated().map { number, sample in
        FuzzTarget(
            "documents.\(number + 1) \(sample.name)", share: 4_000,
            sample.bytes.allSatisfy { $0 < 0x80 && $0 > 0 }
                ? .text(tokens: [
                    "<", ">", "[", "]", "{", "}", "\"", ",", "-", "1e400", "null", "/", "<<", " obj ", "stream", "\n",
                ]) : .binary,
            seeds: [sample.bytes]
        ) { bytes, file in
            try InkFile.pages(of: file.holding(bytes).path) { page in
                _ = try page.get()
                return true
            }
        }
    }
}
