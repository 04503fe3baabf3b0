import DuctusInk
import DuctusStreaming

extension StreamHello {
    init(_ wire: WireStreamHello) throws(WireFault) {
        guard wire.resolution.isFinite, wire.resolution >= 0 else { throw .outOfRange("resolution") }
        try Checks.count("channels", wire.channels.count, limit: WireLimits.channels)
        var area: Area?
        if wire.hasArea {
            let sides = [wire.area.left, wire.area.top, wire.area.width, wire.area.height]
            guard sides.allSatisfy(\.isFinite), wire.area.width > 0, wire.area.height > 0 else {
                throw .outOfRange("area")
            }
            area = Area(x: sides[0], y: sides[1], width: sides[2], height: sides[3])
        }
        // One millimetre per millimetre; for other units only the publisher can know.
        let known = wire.unit == .millimetre && wire.resolution == 0 ? 1 : wire.resolution
        guard let rotation = QuarterTurn(degrees: Int(wire.rotation)) else { throw .outOfRange("rotation") }
        self.init(
            writer: try Checks.writer(wire.writer), device: try Checks.text("device", wire.device),
            unit: StreamHello.Unit(wire.unit), resolution: known > 0 ? known : nil, area: area,
            precedingText: try Checks.text("preceding_text", wire.precedingText, limit: WireLimits.text),
            language: try Checks.text("language", wire.language),
            channels: try Self.channels(wire.channels), rotation: rotation)
    }

    private static func channels(_ names: [String]) throws(WireFault) -> [String] {
        var channels: [String] = []
        for name in names { channels.append(try Checks.text("channels", name) ?? "") }
        return channels
    }

    var wire: WireStreamHello {
        var message = WireStreamHello()
        message.writer = writer ?? ""
        message.device = device ?? ""
        message.resolution = resolution ?? 0
        message.unit = unit?.wire ?? .unknown
        if let area {
            message.area = .with {
                ($0.left, $0.top, $0.width, $0.height) = (area.x, area.y, area.width, area.height)
            }
        }
        message.precedingText = precedingText ?? ""
        message.language = language ?? ""
        message.channels = channels
        message.rotation = UInt32(rotation.degrees)
        return message
    }
}

extension StreamHello.Unit {
    /// Nil for units that this version does not know.
    fileprivate init?(_ wire: WireStreamHello.Unit) {
        guard let unit = Self.allCases.first(where: { $0.wire == wire }) else { return nil }
        self = unit
    }

    fileprivate var wire: WireStreamHello.Unit {
        switch self {
        case .device: .device
        case .millimetre: .millimetre
        case .pixel: .pixel
        }
    }
}
