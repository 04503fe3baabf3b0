import DuctusKeyboard

/// Prints what the keyboard's test of itself found.
enum KeyboardSelfTestReport {
    /// - Throws: `CommandFailure` where nothing can be typed.
    static func show(_ result: SelfTest.Result, json: Bool) throws {
        if json {
            try printJSON(result)
        } else {
            for check in result.checks {
                print(
                    "\(check.works ? "works  " : check.isNeeded ? "FAILS  " : "missing")  \(check.name): \(check.message)"
                )
                if !check.remedy.isEmpty { print("         \(check.remedy)") }
            }
        }
        guard result.ok else { throw CommandFailure("the pen cannot type on this desktop yet") }
        if !json { print("The pen can type on this desktop.") }
    }
}
