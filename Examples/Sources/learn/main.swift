// learn MODEL FILE FOLDER: reads a person's lines, corrects what was misread, learns, and reads them again.
import Ductus
import DuctusLearning
import Foundation

let arguments = CommandLine.arguments
guard arguments.count == 4 else {
    print("usage: learn MODEL FILE FOLDER")
    exit(2)
}

let model = try Model(contentsOf: URL(filePath: arguments[1]))
let lines = try InkFile.read(URL(filePath: arguments[2]))

let learning = try LearningModel(model, folder: URL(filePath: arguments[3]), trainsInBackground: false) { event in
    if case .trial(let trial) = event { print(trial.verdict.isPromoted ? "better" : "no better") }
}

func readAll() async throws -> [Label] {
    let pen = try learning.makeReader().makePen(writer: "anna")
    for line in lines {
        for stroke in line.strokes { try pen.add(stroke) }
        try pen.endLine()
    }
    pen.finish()
    var finals: [Label] = []
    for await label in pen.labels where label.isFinal { finals.append(label) }
    return finals
}

let before = try await readAll()
for (label, line) in zip(before, lines) {
    guard let text = line.text else { continue }
    try learning.correct(label, to: text)
}
print("\(try learning.train()) trainings")

let after = try await readAll()
func errors(_ labels: [Label]) -> Int { zip(labels, lines).count { $0.text != $1.text } }
print("\(errors(before)) of \(lines.count) lines misread before, \(errors(after)) after")
learning.close()
