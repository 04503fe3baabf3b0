// read-file MODEL FILE [PICTURE]: prints the lines of every page, and draws the last page with what was read.
import Ductus
import Foundation

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    print("usage: read-file MODEL FILE [PICTURE.svg]")
    exit(2)
}

let model = try Model(contentsOf: URL(filePath: arguments[1]))
let reader = PageReader(recognizer: Recognizer(model: model))

var picture: Drawing?
try InkFile.pages(of: arguments[2]) { page in
    let strokes = try page.get().written.strokes
    let read = try reader.read(strokes)
    for piece in read.pieces where piece.kind == .text {
        print(piece.text)
    }
    picture = InkPicture().drawing(of: read, strokes: strokes)
    return true
}

if arguments.count > 3 {
    try picture?.write(to: URL(filePath: arguments[3]))
}
