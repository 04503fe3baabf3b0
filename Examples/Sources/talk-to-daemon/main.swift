// talk-to-daemon FILE [DIRECTORY]: sends a line of ink to the daemon, at once and as a live pen, and corrects what it reads.
import Ductus
import DuctusClient
import Foundation

let arguments = CommandLine.arguments
guard arguments.count >= 2 else {
    print("usage: talk-to-daemon FILE [RUNTIME-DIRECTORY]")
    exit(2)
}

let address = arguments.count > 2 ? DaemonAddress.directory(URL(filePath: arguments[2])) : .thisMachine
let daemon = try DaemonClient(address)
print("ductusd", try daemon.status().release)

let line = try InkFile.read(URL(filePath: arguments[1]))[0]
let reading = try daemon.recognize(line.strokes, layout: .line)
print("at once:", reading.text)

let pen = try daemon.makePen(stream: "example", writer: "anna")
for stroke in line.strokes {
    try pen.add(stroke)
}
try pen.endLine()

while let label = try pen.nextLabel(within: 5) {
    print(label.isFinal ? "final:" : "partial:", label.text)
    guard label.isFinal else { continue }
    if let text = line.text, label.text != text {
        print("correction", try daemon.correct(label, to: text).number)
    }
    break
}
