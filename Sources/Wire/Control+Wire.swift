internal import SwiftProtobuf

/// The daemon's refusal of a request.
package struct ControlFailure: Error, Equatable, Sendable, CustomStringConvertible {
    package var code: WireFailure.Code
    package var message: String
    package var remedy: String

    package init(_ code: WireFailure.Code, _ message: String, remedy: String = "") {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    package var description: String { remedy.isEmpty ? message : "\(message): \(remedy)" }
}

extension WireControlRequest {
    package init(id: UInt64, _ body: OneOf_Body) {
        self.init()
        self.id = id
        self.body = body
    }

    /// The body of a request.
    /// - Throws: `ControlFailure` for a request of a kind that this version does not know.
    package func asked() throws(ControlFailure) -> OneOf_Body {
        guard let body else {
            throw ControlFailure(
                .unknownRequest, WireFault.unknownBody.description, remedy: "update the daemon, or the client")
        }
        return body
    }
}

extension WireControlReply {
    package init(id: UInt64, _ body: OneOf_Body) {
        self.init()
        self.id = id
        self.body = body
    }

    package init(id: UInt64, failure: ControlFailure) {
        self.init(
            id: id,
            .failure(
                .with { ($0.code, $0.message, $0.remedy) = (failure.code, failure.message, failure.remedy) }))
    }

    /// The reply to a request that could not be read. Its number is 0 where not even that was legible.
    package init(refusing wire: [UInt8], because fault: WireFault) {
        let id = (try? WireControlRequest(serializedBytes: wire))?.id ?? 0
        if case .unsupportedVersion = fault {
            self.init(id: id, failure: ControlFailure(.unsupportedVersion, fault.description))
        } else {
            self.init(
                id: id, failure: ControlFailure(.malformed, fault.description, remedy: "see protocols/README.md"))
        }
    }

    /// The body of an answer.
    /// - Throws: `ControlFailure` where the daemon refused, or gave an answer that this version does not know.
    package func answer() throws(ControlFailure) -> OneOf_Body {
        switch body {
        case .failure(let failure): throw ControlFailure(failure.code, failure.message, remedy: failure.remedy)
        case let body?: return body
        case nil: throw ControlFailure(.malformed, WireFault.unknownBody.description)
        }
    }
}
