extension KeyedDecodingContainer {
    /// The value of a key, or what it is where the file leaves it out.
    func value<Value: Decodable>(_ key: Key, or standard: Value) throws -> Value {
        try decodeIfPresent(Value.self, forKey: key) ?? standard
    }
}

extension KeyedEncodingContainer {
    /// Writes a value that is not what a reader takes for granted: files stay as older versions wrote them.
    mutating func encode<Value: Encodable & Equatable>(_ value: Value, _ key: Key, unless standard: Value) throws {
        if value != standard { try encode(value, forKey: key) }
    }
}
