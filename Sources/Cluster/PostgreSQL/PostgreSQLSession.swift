import CDuctusPostgres
import Foundation

/// A parameter of a statement.
enum SQLValue: Sendable {
    case null
    case text(String)
    case bytes([UInt8])

    static func integer(_ value: some BinaryInteger) -> SQLValue { .text(String(value)) }
    static func boolean(_ value: Bool) -> SQLValue { .text(value ? "t" : "f") }
    static func optional(_ value: String?) -> SQLValue { value.map(SQLValue.text) ?? .null }
    /// A list for `= ANY ($n)`.
    static func numbers(_ values: some Sequence<some BinaryInteger>) -> SQLValue {
        .text("{" + values.map { String($0) }.joined(separator: ",") + "}")
    }
    /// 64 bits as a signed number: what the wire calls unsigned may use the highest.
    static func bits(_ value: UInt64) -> SQLValue { .integer(Int64(bitPattern: value)) }
}

/// Rows that a statement gave.
struct SQLRows {
    private let result: OpaquePointer
    let count: Int

    fileprivate init(_ result: OpaquePointer) {
        self.result = result
        count = Int(ductus_postgres_rows(result))
    }

    func text(_ row: Int, _ column: Int32) -> String? {
        var length: Int32 = 0
        guard let value = ductus_postgres_value(result, Int32(row), column, &length) else { return nil }
        return String(
            decoding: UnsafeRawBufferPointer(start: value, count: Int(length)).bindMemory(to: UInt8.self), as: UTF8.self
        )
    }

    func integer(_ row: Int, _ column: Int32) -> Int64? { text(row, column).flatMap { Int64($0) } }
    func number(_ row: Int, _ column: Int32) -> Double? { text(row, column).flatMap { Double($0) } }
    func boolean(_ row: Int, _ column: Int32) -> Bool { text(row, column) == "t" }

    /// The bytes of a `bytea`: two hexadecimal digits a byte after `\x`.
    func bytes(_ row: Int, _ column: Int32) -> [UInt8]? {
        var length: Int32 = 0
        guard let value = ductus_postgres_value(result, Int32(row), column, &length), length >= 2 else { return nil }
        let digits = UnsafeRawBufferPointer(start: value, count: Int(length)).dropFirst(2)
        func nibble(_ digit: UInt8) -> UInt8 { digit < 58 ? digit &- 48 : digit &- 87 }
        return [UInt8](unsafeUninitializedCapacity: digits.count / 2) { bytes, count in
            var place = digits.startIndex
            for index in 0..<digits.count / 2 {
                bytes[index] = nibble(digits[place]) << 4 | nibble(digits[place + 1])
                place += 2
            }
            count = digits.count / 2
        }
    }
}

/// One connection, used by one thread at a time.
final class PostgreSQLSession {
    private let connection: OpaquePointer
    private let milliseconds: Int32
    /// The connection broke: nothing more can be asked.
    private(set) var isBroken = false

    /// - Parameters:
    ///   - seconds: for which each server of `conninfo` is waited for.
    ///   - patience: milliseconds for which a statement may take.
    /// - Throws: `DatabaseFault`.
    init(_ conninfo: String, seconds: Int, patience: Int) throws(DatabaseFault) {
        if let reason = ductus_postgres_load() { throw .noLibrary(reason: String(cString: reason)) }
        var error = [CChar](repeating: 0, count: 512)
        guard let connection = ductus_postgres_connect(conninfo, Int32(seconds), &error, error.count) else {
            throw .unreachable(reason: Self.text(error))
        }
        self.connection = connection
        milliseconds = Int32(patience)
    }

    deinit { ductus_postgres_close(connection) }

    /// Runs statements without parameters.
    func script(_ sql: String) throws(DatabaseFault) {
        ductus_postgres_clear(try run(sql, count: -1, [], []))
    }

    /// Runs a statement, and gives its rows to `read`.
    @discardableResult
    func query<Value>(
        _ sql: String, _ parameters: [SQLValue] = [], _ read: (SQLRows) throws -> Value
    ) throws -> Value {
        let result = try result(sql, parameters)
        defer { ductus_postgres_clear(result) }
        return try read(SQLRows(result))
    }

    /// Runs a statement that changes rows.
    ///
    /// - Returns: how many.
    @discardableResult
    func execute(_ sql: String, _ parameters: [SQLValue] = []) throws(DatabaseFault) -> Int {
        let result = try result(sql, parameters)
        defer { ductus_postgres_clear(result) }
        return Int(ductus_postgres_changed(result))
    }

    private func result(_ sql: String, _ parameters: [SQLValue]) throws(DatabaseFault) -> OpaquePointer {
        // All values in one buffer, so that their pointers hold until the statement is sent.
        var bytes: [UInt8] = []
        var places: [(start: Int, length: Int32)?] = []
        for parameter in parameters {
            switch parameter {
            case .null: places.append(nil)
            case .text(let text):
                places.append((bytes.count, -1))
                bytes += text.utf8
                bytes.append(0)
            case .bytes(let value):
                places.append((bytes.count, Int32(value.count)))
                bytes += value
                bytes.append(0)
            }
        }
        let outcome = bytes.withUnsafeBufferPointer { buffer -> Result<OpaquePointer, DatabaseFault> in
            let values = places.map { place in
                place.flatMap { place in
                    buffer.baseAddress.map { UnsafeRawPointer($0 + place.start).assumingMemoryBound(to: CChar.self) }
                }
            }
            do throws(DatabaseFault) {
                return .success(
                    try run(sql, count: Int32(parameters.count), values, places.map { $0?.length ?? -1 }))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private func run(
        _ sql: String, count: Int32, _ values: [UnsafePointer<CChar>?], _ lengths: [Int32]
    ) throws(DatabaseFault) -> OpaquePointer {
        guard !isBroken else { throw .unreachable(reason: "the connection broke") }
        var error = [CChar](repeating: 0, count: 512)
        var state = [CChar](repeating: 0, count: 6)
        if let result = ductus_postgres_run(
            connection, sql, count, values, lengths, milliseconds, &error, error.count, &state)
        {
            return result
        }
        let code = Self.text(state)
        guard !code.isEmpty else {
            isBroken = true
            throw .unreachable(reason: Self.text(error))
        }
        throw .refused(state: code, reason: Self.text(error))
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
