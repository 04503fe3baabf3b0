import DuctusFoundations
import DuctusWire

/// A reading as JSON of our own: everything that is known of it.
enum ReadingJSON {
    static func text(_ ink: RecognizedInk) -> String {
        let reading = ink.reading
        var json = JSONWriter()
        json.object {
            $0.member("text", reading.text)
            $0.member("confidence", confidence(reading))
            $0.member("model", reading.model)
            $0.name("generation")
            $0.object {
                $0.member("writer", reading.generation.writer)
                $0.member("number", Int(clamping: reading.generation.number))
            }
            $0.name("lines")
            $0.array { json in for piece in reading.pieces where piece.kind == .text { line(piece, &json) } }
            $0.name("drawings")
            $0.array { json in
                for piece in reading.pieces where piece.kind == .drawing {
                    json.object {
                        strokes(piece.strokes, &$0)
                        box(piece.box, &$0)
                    }
                }
            }
            $0.name("unused")
            $0.array { json in
                for unused in reading.unused {
                    json.object {
                        $0.member("stroke", Int(unused.stroke))
                        $0.member("reason", unused.reason)
                    }
                }
            }
        }
        return json.text
    }

    /// The mean over all symbols; 0 where nothing was read.
    private static func confidence(_ reading: WireRecognizeReply) -> Float {
        let symbols = reading.pieces.flatMap(\.symbols)
        return symbols.isEmpty ? 0 : symbols.reduce(0) { $0 + $1.confidence } / Float(symbols.count)
    }

    private static func line(_ piece: WireRecognizedPiece, _ json: inout JSONWriter) {
        json.object {
            $0.member("text", piece.text)
            $0.member("confidence", piece.confidence)
            $0.member("block", Int(piece.block))
            strokes(piece.strokes, &$0)
            box(piece.box, &$0)
            $0.name("words")
            $0.array { json in
                for word in piece.words {
                    json.object {
                        $0.member("text", word.text)
                        $0.member("confidence", word.confidence)
                        strokes(word.strokes, &$0)
                        box(word.box, &$0)
                        $0.name("candidates")
                        $0.array { json in
                            for candidate in word.candidates {
                                json.object {
                                    $0.member("text", candidate.text)
                                    $0.member("confidence", candidate.confidence)
                                }
                            }
                        }
                    }
                }
            }
            $0.name("symbols")
            $0.array { json in
                for symbol in piece.symbols {
                    json.object {
                        $0.member("text", symbol.text)
                        $0.member("confidence", symbol.confidence)
                        $0.name("samples")
                        $0.array {
                            $0.value(Int(symbol.firstSample))
                            $0.value(Int(symbol.endSample))
                        }
                        strokes(symbol.strokes, &$0)
                        box(symbol.box, &$0)
                    }
                }
            }
            $0.name("alternatives")
            $0.array { json in
                for alternative in piece.alternatives {
                    json.object {
                        $0.member("text", alternative.text)
                        $0.member("score", alternative.score)
                    }
                }
            }
        }
    }

    private static func strokes(_ strokes: [UInt32], _ json: inout JSONWriter) {
        json.name("strokes")
        json.array { json in for stroke in strokes { json.value(Int(stroke)) } }
    }

    private static func box(_ box: WireRecognizedBox, _ json: inout JSONWriter) {
        json.name("box")
        json.object {
            $0.member("x", box.x)
            $0.member("y", box.y)
            $0.member("width", box.width)
            $0.member("height", box.height)
        }
    }
}
