import DuctusDrawing
import DuctusRandomness
import Foundation

extension PenMovement {
    /// Plans the movement that writes a script, in the air and on the surface; `nil` if there is nothing to write.
    init?(writing script: Script, by writer: Writer, random: SplitMix64) {
        guard let start = script.strokes.first?.path.first?.position else { return nil }
        self.init(start: start)
        var random = random
        var place = start
        var free = 0.05
        for (index, stroke) in script.strokes.enumerated() {
            guard let begin = stroke.path.first?.position, let end = stroke.path.last?.position else { continue }
            if index > 0 {
                let way = Arc(start: place, end: begin, turning: 0)
                free = moveThroughAir(way, from: free, by: writer, beginsWord: stroke.beginsWord, random: &random)
            }
            free = write(stroke, from: free, by: writer, random: &random)
            place = end
        }
    }

    /// Moves to the next stroke; returns when its writing may begin.
    private mutating func moveThroughAir(
        _ arc: Arc, from time: Double, by writer: Writer, beginsWord: Bool, random: inout SplitMix64
    ) -> Double {
        let pause = beginsWord ? 0.12 * exp(0.6 * Double(random.normal())) : 0
        let duration =
            writer.tempo * (0.07 + 0.025 * (arc.length / 10).squareRoot()) * exp(0.1 * Double(random.normal()))
        append(LognormalPulse(arc: arc, onset: time + pause, duration: duration, sigma: writer.sigma))
        // The pen lands a little before the movement through the air has died down: hooks at the beginning of strokes.
        return time + pause + duration * (1 - 0.12 * Double(random.uniform()))
    }

    /// Writes one stroke; returns when the pen may move on.
    private mutating func write(
        _ stroke: Script.Stroke, from time: Double, by writer: Writer, random: inout SplitMix64
    ) -> Double {
        let arcs = Arc.through(stroke.path)
        // A tap without movement still rests on the surface.
        guard !arcs.isEmpty else {
            touch(during: time...(time + 0.04))
            return time + 0.05
        }
        var onset = time
        for (index, arc) in arcs.enumerated() {
            // Isochrony: long movements are faster, so that time grows with about the root of the length; a turn costs time.
            let share = (arc.length / 10).squareRoot() + 0.12 * abs(arc.turning)
            let spacing = writer.tempo * (0.012 + 0.03 * share) * exp(0.08 * Double(random.normal()))
            let isSharp = index + 1 < arcs.count && stroke.path[index + 1].isCorner
            let overlap = index + 1 == arcs.count ? 0 : isSharp ? writer.haste - 0.2 : writer.haste
            let duration = spacing / (1 - writer.haste)
            append(LognormalPulse(arc: arc, onset: onset, duration: duration, sigma: writer.sigma))
            onset += duration * (1 - overlap)
        }
        touch(during: (time + 0.004)...(end - 0.1 * (end - (pulses.last?.onset ?? time))))
        return max(onset - 0.06 * (end - time), pulses.last?.onset ?? onset, contacts.last?.upperBound ?? onset)
    }
}
