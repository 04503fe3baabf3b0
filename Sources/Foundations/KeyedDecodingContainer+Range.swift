extension KeyedDecodingContainer {
    /// Takes a value, where the key is there, and refuses one that nothing could work with: files are written by hand, too.
    ///
    /// - Throws: `DecodingError`, which names the key and what is allowed.
    package func read<Value: Decodable & Comparable>(_ key: Key, into value: inout Value, allowed: ClosedRange<Value>)
        throws
    {
        guard let found = try decodeIfPresent(Value.self, forKey: key) else { return }
        guard allowed.contains(found) else {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: self,
                debugDescription:
                    "\(key.stringValue) is \(found); write a number from \(allowed.lowerBound) to \(allowed.upperBound)"
            )
        }
        value = found
    }
}
