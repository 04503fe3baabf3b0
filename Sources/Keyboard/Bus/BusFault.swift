import Glibc

/// The faults that can keep a program from talking over a D-Bus.
package enum BusFault: Error, Equatable, CustomStringConvertible {
    /// There is no libsystemd on this machine.
    case noLibrary
    case connect(address: String, code: Int32)
    /// The bus is gone.
    case lost(code: Int32)
    case build(member: String, code: Int32)
    case read(member: String, code: Int32)
    /// The other side refused.
    case refused(member: String, name: String, message: String)

    package var description: String {
        switch self {
        case .noLibrary: "libsystemd.so.0 is missing: install the package libsystemd0"
        case .connect(let address, let code): "no D-Bus answers at \(address): \(Self.text(code))"
        case .lost(let code): "the D-Bus is gone: \(Self.text(code))"
        case .build(let member, let code): "no message \(member) can be made: \(Self.text(code))"
        case .read(let member, let code): "a message \(member) is not of its form: \(Self.text(code))"
        case .refused(let member, let name, let message): "\(member) was refused: \(message.isEmpty ? name : message)"
        }
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(abs(code))) }
}
