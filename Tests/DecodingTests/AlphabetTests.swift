import DuctusDecoding
import Foundation
import Testing

@Suite struct AlphabetTests {
    @Test func printableASCIIHas96ClassesWithTheBlank() {
        let alphabet = Alphabet.printableASCII
        #expect(alphabet.classCount == 96)
        #expect(alphabet.symbol(of: 1) == " ")
        #expect(alphabet.symbol(of: 95) == "~")
        #expect(alphabet.symbol(of: 0) == "" && alphabet.symbol(of: 96) == "" && alphabet.symbol(of: -1) == "")
    }

    @Test func textIsEncodedAndDecoded() throws {
        let labels = try Alphabet.printableASCII.encode("It's 5 o'clock.")
        #expect(Alphabet.printableASCII.decode(labels) == "It's 5 o'clock.")
    }

    @Test func aSymbolOutsideIsNamedWithItsPlace() {
        #expect(throws: Alphabet.Fault.unknownSymbol("ü", position: 1, text: "fünf")) {
            try Alphabet.printableASCII.encode("fünf")
        }
        let message = "\(Alphabet.Fault.unknownSymbol("ü", position: 1, text: "fünf"))"
        #expect(message.contains("character 2") && message.contains("ü"))
    }

    @Test func symbolsMustBeDistinctAndNotEmpty() {
        #expect(throws: Alphabet.Fault.noSymbols) { try Alphabet(symbols: []) }
        #expect(throws: Alphabet.Fault.repeatedSymbol("a")) { try Alphabet(symbols: ["a", "b", "a"]) }
        #expect(throws: Alphabet.Fault.emptySymbol(position: 1)) { try Alphabet(symbols: ["a", ""]) }
    }

    @Test func itIsStoredAsThePlainListOfItsSymbols() throws {
        let alphabet = try Alphabet(symbols: ["WALKING", "SITTING"])
        let json = try JSONEncoder().encode(alphabet)
        #expect(String(decoding: json, as: UTF8.self) == #"["WALKING","SITTING"]"#)
        #expect(try JSONDecoder().decode(Alphabet.self, from: json) == alphabet)
        #expect(throws: Alphabet.Fault.self) { try JSONDecoder().decode(Alphabet.self, from: Data(#"["a","a"]"#.utf8)) }
    }
}
