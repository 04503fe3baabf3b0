import Testing

import DuctusKeyboard

@Suite struct SpacingTests {
    @Test(arguments: [
        ("", "word", ""), ("one", "two", " "), ("one ", "two", ""), ("one\n", "two", ""), ("one", ", two", ""),
        ("one", "'s", ""), ("(", "one", ""), ("one", ")", ""), ("well-", "known", ""), ("one.", "Two", " "),
        ("say \"", "yes", ""), ("say \"yes", "\"", ""), ("say", "\"yes", " "), ("漢", "字", ""), ("Straße", "für", " "),
        ("5", "apples", " "), ("e\u{301}", "a", " "), ("one", "", ""),
    ])
    func aSpaceWhereOneBelongs(before: String, text: String, expected: String) {
        #expect(Spacing.space(before: text, after: before) == expected)
    }
}
