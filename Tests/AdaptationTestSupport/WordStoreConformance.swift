import DuctusAdaptation

/// What every implementation of `WordStore` must do. Each rule is checked on a store without words.
package enum WordStoreConformance {
    package static let rules: [ConformanceRule<any WordStore>] = [
        .init("words are kept per writer, the newest first, each once") { store in
            try store.add([word("Kowalczyk", 1), word("Zagreb", 2)], from: source("anna"))
            try store.add([word("Kowalczyk", 3)], from: source("anna", "door"))
            try store.add([word("Bremen", 4)], from: source("ben"))
            try expect(try store.words(of: "anna") == [word("Kowalczyk", 3), word("Zagreb", 2)])
            try expect(try store.writersWithWords() == ["anna", "ben"] && store.words(of: "cora").isEmpty)
        },
        .init("of nobody nothing is kept") { store in
            try store.add([word("Kowalczyk", 1)], from: source(nil))
            try expect(try store.writersWithWords().isEmpty)
        },
        .init("the oldest words of a writer give way") { store in
            for number in 1...Int64(PersonalWords.limit) + 10 {
                try store.add([word("word\(number)", number)], from: source("anna"))
            }
            let kept = try store.words(of: "anna")
            try expect(kept.count == PersonalWords.limit && kept.last == word("word11", 11))
        },
        .init("words are forgotten one by one, of a writer, of a source, or of old") { store in
            try store.add([word("Kowalczyk", 1), word("Zagreb", 2)], from: source("anna"))
            try store.add([word("Bremen", 3)], from: source("anna", "door"))
            try store.add([word("Aachen", 4), word("Goslar", 9)], from: source("ben"))
            try expect(try store.forget(["Zagreb", "nothing"], of: "anna") == 1)
            try store.forget(from: source("anna", "door"))
            try expect(try store.words(of: "anna") == [word("Kowalczyk", 1)])
            try store.forgetWords(before: 5)
            try expect(try store.writersWithWords() == ["ben"] && store.words(of: "ben") == [word("Goslar", 9)])
            try expect(try store.forget(nil, of: "ben") == 1 && store.writersWithWords().isEmpty)
        },
    ]

    private static func word(_ text: String, _ time: Int64) -> PersonalWord { PersonalWord(text, time: time) }

    private static func source(_ writer: String?, _ stream: String = "desk") -> CorrectionSource {
        CorrectionSource(writer: writer, stream: stream)
    }
}
