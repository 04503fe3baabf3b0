import DuctusInk
import DuctusStreaming

extension Scene {
    /// Every scene that is committed as a fixture. Stream names differ, so all can be replayed at once.
    static let all: [Scene] = {
        do {
            return try endpoints() + hands() + trouble()
        } catch {
            fatalError("a scene cannot be written: \(error)")
        }
    }()

    static func named(_ name: String) -> Scene? { all.first { $0.name == name } }

    /// One for each rule that ends a segment.
    private static func endpoints() throws -> [Scene] {
        var explicit = try ScenePen("explicit-end", writer: 4)
        try explicit.write("the ferry is late")
        try explicit.end(.explicit)
        try explicit.writeBelow("we wait", ends: false)
        try explicit.end(.explicit)

        var pause = try ScenePen("pause", writer: 7)
        try pause.write("first a thought")
        try pause.rest(seconds: 2.5)
        try pause.writeBelow("then a pause", ends: false)
        try pause.end(.explicit)

        var newLine = try ScenePen("new-line", writer: 12)
        try newLine.write("bread and salt")
        try newLine.writeBelow("water and wine")
        try newLine.end(.explicit)

        var away = try ScenePen("proximity-out", writer: 3)
        try away.write("gone away")
        try away.end(.proximityOut)

        var idle = try ScenePen("idle", writer: 9)
        try idle.write("the last word")
        try idle.end(.idle)

        // More samples than a segment may hold, of a device that reports often and knows neither time nor pressure.
        let eager = PenDevice(name: "eager", rate: 480, unitsPerMillimetre: 40, pressureLevels: 0)
        var maximum = try ScenePen(
            "maximum", writer: 5, hand: .printed, device: eager, isClocked: false, reportsPerPacket: 64)
        try maximum.write(
            "a very long line that goes on and on across the whole wall of the room and round the corner and out of the door",
            upTo: EndpointRule().maximumSamples)
        try maximum.end(.explicit)

        var person = try ScenePen("next-writer", writer: 6, hello: StreamHello(writer: "anna", device: "tablet"))
        try person.write("here wrote anna")
        try person.hand(to: "ben")
        try person.write("and ben")
        try person.end(.explicit)

        return [
            Scene("explicit-end", explicit), Scene("pause", pause), Scene("new-line", newLine),
            Scene("proximity-out", away),
            Scene("idle", idle), Scene("maximum", maximum), Scene("next-writer", person),
        ]
    }

    /// Writers' styles, several lines, several pens.
    private static func hands() throws -> [Scene] {
        var printed = try ScenePen("printed", writer: 21, hand: .printed)
        try printed.write("every letter on its own")
        try printed.end(.explicit)

        var mixed = try ScenePen("mixed", writer: 22, hand: .mixed, device: .whiteboard)
        try mixed.write("some letters joined")
        try mixed.end(.explicit)

        var joined = try ScenePen("joined", writer: 23, hand: .joined, device: .digitizer)
        try joined.write("one stroke a word")
        try joined.end(.explicit)

        var paragraph = try ScenePen("paragraph", writer: 2)
        try paragraph.write("A pen moves over paper.")
        try paragraph.writeBelow("Each stroke is sent")
        try paragraph.writeBelow("while it is written,")
        try paragraph.writeBelow("and read at once.")
        try paragraph.end(.explicit)

        var context = try ScenePen(
            "preceding-text", writer: 8, hello: StreamHello(device: "tablet", precedingText: "Thank you for your "))
        try context.write("kind letter")
        try context.end(.explicit)

        let desks = try (1...4).map { number in
            var pen = try ScenePen("desk-\(number)", writer: UInt64(30 + number), start: 0.35 * Double(number - 1))
            try pen.write(["the sea is calm", "ten green apples", "open the window", "snow in april"][number - 1])
            try pen.end(.explicit)
            try pen.writeBelow(["tonight", "in a bowl", "please", "again"][number - 1], ends: false)
            try pen.end(number.isMultiple(of: 2) ? .explicit : .proximityOut)
            return pen
        }
        return [
            Scene("printed", printed), Scene("mixed", mixed), Scene("joined", joined), Scene("paragraph", paragraph),
            Scene("preceding-text", context), Scene("interleaved", desks[0], desks[1], desks[2], desks[3]),
        ]
    }

    /// What goes wrong on the way, and what writers take back.
    private static func trouble() throws -> [Scene] {
        var gaps = try ScenePen("gaps", writer: 10)
        try gaps.losing({ [9, 10, 23, 40].contains($0) }, write: "some of it is lost")
        try gaps.end(.explicit)

        var dirty = try ScenePen("dirty", writer: 11)
        try dirty.write("a bad cable", DirtyInk.spoil)
        try dirty.end(.explicit)

        var retraction = try ScenePen("retraction", writer: 1)
        try retraction.write("not a")
        try retraction.write("word")
        try retraction.retractLast()
        try retraction.write("line")
        try retraction.end(.explicit)

        var erased = try ScenePen("erased", writer: 1)
        try erased.write("nothing")
        try erased.retractLast()
        try erased.end(.explicit)

        return [Scene("gaps", gaps), Scene("dirty", dirty), Scene("retraction", retraction), Scene("erased", erased)]
    }
}

/// What a worn device adds to its reports.
enum DirtyInk {
    /// Repeated reports, a report of nothing at the origin, times that step back, numbers that are none.
    static func spoil(_ strokes: [Stroke]) -> [Stroke] {
        strokes.enumerated().map { number, stroke in
            var samples: [Sample] = []
            for (index, sample) in stroke.samples.enumerated() {
                if index % 13 == 6 {
                    samples.append(Sample(x: .nan, y: sample.y, time: sample.time, pressure: sample.pressure))
                    samples.append(Sample(x: sample.x, y: .infinity, time: sample.time, pressure: sample.pressure))
                }
                samples.append(sample)
                if index % 5 == 2 { samples.append(sample) }
                if number % 3 == 1, index == stroke.samples.count / 2 {
                    samples.append(Sample(x: 0, y: 0, time: sample.time, pressure: 0))
                }
                if index % 11 == 7, let time = sample.time { samples[samples.count - 1].time = time - 40_000 }
            }
            return Stroke(samples)
        }
    }
}
