import ArgumentParser
import DuctusDecoding
import DuctusRecognition
import DuctusTraining
import Foundation

/// The symbols of a language model as an option names them: a JSON list, or a recipe or model folder that has one.
enum AlphabetFile {
    /// Printable ASCII where no file is named.
    ///
    /// - Throws: `ValidationError`, which names the file; `Alphabet.Fault`.
    static func read(_ path: String?) throws -> Alphabet {
        guard let path else { return .printableASCII }
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            return try Model(contentsOf: URL(filePath: path)).alphabet
        }
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            if let recipe = try? JSONDecoder().decode(Recipe.self, from: data), let chosen = recipe.alphabet {
                return chosen
            }
            return try JSONDecoder().decode(Alphabet.self, from: data)
        } catch let fault as Alphabet.Fault {
            throw fault
        } catch {
            throw ValidationError("--alphabet: \(path) is no JSON list of symbols, recipe or model folder")
        }
    }
}
