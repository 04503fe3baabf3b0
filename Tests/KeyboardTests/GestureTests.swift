import DuctusDocuments
import DuctusDrawing
import DuctusInk
import Foundation
import InkTestSupport
import Testing

import DuctusKeyboard

@Suite struct GestureTests {
    private let recognizer = GestureRecognizer()

    /// The share of simulated gestures that are found, each in the hand of its own writer after a word of that writer.
    @Test(arguments: Gesture.allCases) func gesturesAreFound(gesture: Gesture) throws {
        var found = 0
        var others: [String] = []
        for seed in UInt64(1)...50 {
            let writer = Writer(seed: seed)
            var ink = LineInk(unitsPerMillimetre: nil)
            for (number, stroke) in try SimulatedPen(writer: writer).strokes(of: "gestures", seed: seed).enumerated() {
                ink.append(stroke, number: UInt32(number))
            }
            let unit = try #require(ink.unit)
            var hand = SimulatedGesture(seed: seed)
            let stroke = hand.stroke(of: gesture, at: PlanePoint(3000, 3000), unit: Double(unit))
            let read = recognizer.gesture(of: stroke, unit: unit)
            if read == gesture { found += 1 } else { others.append("\(seed): \(read?.rawValue ?? "ink")") }
        }
        print("gesture \(gesture.rawValue): \(found) of 50 found")
        #expect(found >= 49, "\(others)")
    }

    #if DUCTUS_DATA
        /// The share of real words of which a stroke is taken for a gesture.
        @Test func wordsAreNoGestures() throws {
            let lines = try JSONLines.read(TestInk.handwriting("unipen-word-val"))
            var ink: [String: LineInk] = [:]
            var taken: [String] = []
            for line in lines.prefix(2000) {
                let writer = line.writer ?? ""
                var lineInk = ink[writer] ?? LineInk(unitsPerMillimetre: nil)
                lineInk.beginSegment()
                var gestures: [Gesture] = []
                for (number, stroke) in line.strokes.enumerated() {
                    if let unit = lineInk.unit, let gesture = recognizer.gesture(of: stroke, unit: unit) {
                        gestures.append(gesture)
                    } else {
                        lineInk.append(stroke, number: UInt32(number))
                    }
                }
                ink[writer] = lineInk
                if !gestures.isEmpty { taken.append("\(line.id): \(gestures.map(\.rawValue))") }
            }
            print("gestures: \(taken.count) of \(min(2000, lines.count)) words taken for one: \(taken)")
            #expect(taken.count <= 2, "\(taken)")
        }
    #endif

    @Test func gesturesCanBeSwitchedOff() {
        var rules = GestureRules()
        rules.gestures = [.strike]
        let back = Stroke(points: [(0, 0), (400, 0), (800, 0), (400, 5), (0, 5)])
        #expect(GestureRecognizer().gesture(of: back, unit: 100) == .back)
        #expect(GestureRecognizer(rules).gesture(of: back, unit: 100) == nil)
    }

    @Test func whatIsNoGesture() {
        let dot = Stroke(points: [(5, 5)])
        let dash = Stroke(points: [(0, 0), (500, 0)])
        let bar = Stroke(points: [(150, 0), (0, 0)])
        let slash = Stroke(points: [(500, 0), (0, 400)])
        for stroke in [dot, dash, bar, slash, Stroke()] {
            #expect(recognizer.gesture(of: stroke, unit: 100) == nil)
        }
        #expect(recognizer.gesture(of: Stroke(points: [(900, 0), (0, 0)]), unit: 0) == nil, "no line to compare with")
    }
}
