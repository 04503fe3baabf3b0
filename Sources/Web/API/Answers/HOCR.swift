import DuctusWire

/// A reading as hOCR 1.2: what programs for scanned text read, boxes in the units of the ink.
enum HOCR {
    static func text(_ ink: RecognizedInk) -> String {
        let lines = ink.reading.pieces.filter { $0.kind == .text }
        let right = lines.map { $0.box.x + $0.box.width }.max() ?? 0
        let bottom = lines.map { $0.box.y + $0.box.height }.max() ?? 0
        var text = """
            <!DOCTYPE html>
            <html xmlns="http://www.w3.org/1999/xhtml">
            <head>
            <meta charset="utf-8"/>
            <title>\(escaped(String(ink.reading.text.prefix { $0 != "\n" })))</title>
            <meta name="ocr-system" content="ductus"/>
            <meta name="ocr-capabilities" content="ocr_page ocr_line ocrx_word"/>
            </head>
            <body>
            <div class="ocr_page" title="bbox 0 0 \(Int(right.rounded(.up))) \(Int(bottom.rounded(.up)))">

            """
        for (number, line) in lines.enumerated() {
            text += "<span class=\"ocr_line\" id=\"line_\(number)\" title=\"\(title(line.box))\">"
            text += line.words.enumerated().map { index, word in
                let certainty = Int((word.confidence * 100).rounded())
                return "<span class=\"ocrx_word\" id=\"word_\(number)_\(index)\" "
                    + "title=\"\(title(word.box)); x_wconf \(certainty)\">\(escaped(word.text))</span>"
            }.joined(separator: " ")
            text += "</span><br/>\n"
        }
        return text + "</div>\n</body>\n</html>\n"
    }

    private static func title(_ box: WireRecognizedBox) -> String {
        let numbers = [box.x, box.y, box.x + box.width, box.y + box.height]
        return "bbox " + numbers.map { String(Int($0.rounded())) }.joined(separator: " ")
    }

    private static func escaped(_ text: String) -> String {
        text.map { character in
            switch character {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            default: String(character)
            }
        }.joined()
    }
}
