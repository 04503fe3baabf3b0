import DuctusFoundations
import DuctusRecognition
import DuctusStreaming
import DuctusWire
internal import SwiftProtobuf

/// The daemon's messages on `/v1/pen`, as JSON: labels, suggestions for review, learning events.
enum PenEvent {
    /// A label with the words of a final and their candidates.
    static func text(_ event: LabelEvent) -> String {
        var json = JSONWriter()
        json.object { json in
            json.member("type", event.state == .final ? "final" : "partial")
            json.member("epoch", Int(clamping: event.epoch))
            json.member("number", Int(clamping: event.number))
            json.member("segment", Int(clamping: event.segment))
            json.member("revision", Int(event.revision))
            json.member("text", event.text)
            json.member("committed", event.committed)
            json.name("strokes")
            json.array { json in for stroke in event.strokes { json.value(Int(stroke)) } }
            json.name("symbols")
            json.array { symbols(event, &$0) }
            if event.state == .final {
                json.name("words")
                json.array { words(event, &$0) }
                json.name("alternatives")
                json.array { json in
                    for alternative in event.alternatives {
                        json.object {
                            $0.member("text", alternative.text)
                            $0.member("score", alternative.score)
                        }
                    }
                }
                json.member("ending", event.ending?.rawValue ?? "")
            }
            json.name("generation")
            json.object {
                $0.member("writer", event.generation.writer ?? "")
                $0.member("number", Int(clamping: event.generation.number))
            }
            json.member("latency", Int(clamping: event.stamps.published &- event.stamps.arrived))
        }
        return json.text
    }

    /// `[text, confidence, first sample, end sample, first stroke, end stroke]` each: short, for there are many.
    private static func symbols(_ event: LabelEvent, _ json: inout JSONWriter) {
        for symbol in event.symbols {
            json.array {
                $0.value(symbol.text)
                $0.value((symbol.confidence * 1000).rounded() / 1000)
                $0.value(symbol.samples.lowerBound)
                $0.value(symbol.samples.upperBound)
                $0.value(symbol.strokes.lowerBound)
                $0.value(symbol.strokes.upperBound)
            }
        }
    }

    private static func words(_ event: LabelEvent, _ json: inout JSONWriter) {
        let words = LineWord.words(
            of: event.symbols.map { ($0.text, $0.confidence) }, best: nil,
            readings: event.alternatives.map { ($0.text, $0.score) })
        for word in words {
            json.object {
                $0.member("text", word.text)
                $0.member("confidence", word.confidence)
                $0.name("symbols")
                $0.array {
                    $0.value(word.symbols.lowerBound)
                    $0.value(word.symbols.upperBound)
                }
                $0.name("candidates")
                $0.array { json in for candidate in word.candidates { json.value(candidate.text) } }
            }
        }
    }

    /// A message of the daemon in protobuf's JSON mapping, under a type of its own.
    static func text(_ type: String, _ message: some SwiftProtobuf.Message) -> String? {
        guard let body = try? message.jsonString() else { return nil }
        var json = JSONWriter()
        json.object {
            $0.member("type", type)
            $0.name(type)
            $0.raw(body)
        }
        return json.text
    }
}
