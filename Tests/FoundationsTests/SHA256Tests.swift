import DuctusFoundations
import Testing

@Suite struct SHA256Tests {
    private func digest(_ text: String) -> String {
        Array(text.utf8).withUnsafeBytes { SHA256.hex(of: $0) }
    }

    /// FIPS 180-4 and NIST's example values.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
        ),
    ])
    func digest_isTheStandards(message: String, expected: String) {
        #expect(digest(message) == expected)
    }

    @Test func digest_ofAMillionBytes() {
        #expect(
            digest(String(repeating: "a", count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    /// Every place of the message's end within a block.
    @Test func digest_dependsOnEveryLength() {
        let digests = (0...130).map { digest(String(repeating: "x", count: $0)) }
        #expect(Set(digests).count == digests.count && digests.allSatisfy { $0.count == 64 })
    }
}
