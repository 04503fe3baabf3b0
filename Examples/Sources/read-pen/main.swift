// read-pen MODEL FILE: plays the ink of a file as a pen would, and prints its labels while they grow.
import Ductus
import Foundation

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
    print("usage: read-pen MODEL FILE")
    exit(2)
}

let model = try Model(contentsOf: URL(filePath: arguments[1]))
let reader = LiveReader(model)
let pen = try reader.makePen(name: "desk")

let printing = Task {
    for await label in pen.labels {
        print(label.isFinal ? "final  " : "partial", label.text)
    }
}

for line in try InkFile.read(URL(filePath: arguments[2])) {
    for stroke in line.strokes {
        for sample in stroke.samples {
            try pen.add(sample)
        }
        try pen.lift()
        // A pen takes its time; about as much as is read between two partial labels.
        try await Task.sleep(for: .milliseconds(20))
    }
    try pen.endLine()
}
pen.finish()
await printing.value
