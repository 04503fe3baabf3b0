import DuctusDaemon
import DuctusTransportZeroMQ
import Foundation
import Testing

@Suite struct KeyFileTests {
    @Test func aKey_comesBackAsWritten_readableByItsOwnerOnly() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/server.key"
        let pair = try CurveKeyPair()
        try KeyFile.write(pair, to: path, comment: "for a test")
        var status = stat()
        stat(path, &status)
        #expect(status.st_mode & 0o777 == 0o600)
        let read = try KeyFile.read(path)
        #expect(read.secretKey == pair.secretKey && read.publicKey == pair.publicKey)
    }

    @Test func anExistingKey_isNeverReplaced() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("server.key", "precious")
        #expect(throws: KeyFileFault.exists(path)) { try KeyFile.write(try CurveKeyPair(), to: path, comment: "") }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }

    @Test func onAFileSystemThatIsAllButFull_noKeyIsWritten() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/server.key"
        let fault = #expect(throws: KeyFileFault.self) {
            try KeyFile.write("a secret\n", to: path) { asked in asked == folder.path ? 8192 : nil }
        }
        #expect("\(try #require(fault))".contains("8 KiB are free"))
        #expect(!FileManager.default.fileExists(atPath: path))
        try KeyFile.write("a secret\n", to: path) { _ in nil }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "a secret\n")
    }

    @Test(arguments: [0o604, 0o602, 0o620, 0o640, 0o660, 0o610, 0o666] as [mode_t])
    func aKeyThatOthersCanReadOrChange_isRefused(mode: mode_t) throws {
        let folder = try TemporaryFolder()
        try folder.writeKeys()
        let path = folder.path + "/keys_server.key"
        chmod(path, mode)
        #expect(throws: KeyFileFault.exposed(path, mode: mode)) { try KeyFile.read(path) }
    }

    @Test func keysThatDoNotBelongTogether_areRefused() throws {
        let folder = try TemporaryFolder()
        let text = "public = \(try CurveKeyPair().publicKey.text)\nsecret = \(try CurveKeyPair().secretKey.text)\n"
        let path = try folder.write("x.key", text)
        chmod(path, 0o600)
        #expect(throws: KeyFileFault.mismatch(path)) { try KeyFile.read(path) }
    }

    @Test(arguments: ["", "secret\n", "secret = short\n", "public = x\n"])
    func whatIsNoKey_isRefused(text: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("x.key", text)
        chmod(path, 0o600)
        #expect(throws: KeyFileFault.malformed(path)) { try KeyFile.read(path) }
    }

    @Test func noMessage_showsASecret() throws {
        let pair = try CurveKeyPair()
        #expect(!"\(pair.secretKey) \(pair)".contains(pair.secretKey.text))
    }
}
