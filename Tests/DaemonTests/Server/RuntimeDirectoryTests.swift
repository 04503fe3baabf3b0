import DuctusDaemon
import DuctusTransport
import Foundation
import Glibc
import Testing

/// Sockets that others could replace are not used.
@Suite struct RuntimeDirectoryTests {
    private let folder: TemporaryFolder
    private let path: String
    /// Neither root nor whoever runs the tests.
    private let stranger = geteuid() + 65_002

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path + "/runtime"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o750])
    }

    @Test func anOwnDirectory_isUsed() {
        #expect(DirectoryTrust.danger(of: path) == nil)
        #expect(DirectoryTrust.danger(of: path + "/") == nil)
    }

    @Test func aStrangersDirectory_isNot() throws {
        // Root may give it away; anybody else is the stranger of another user.
        let user: UInt32
        if geteuid() == 0 {
            try #require(chown(path, stranger, stranger) == 0)
            user = 0
        } else {
            user = stranger
        }
        let danger = try #require(DirectoryTrust.danger(of: path, user: user))
        #expect(danger.contains("could replace the sockets"))
        let loaded = ConfigurationLoader.Loaded(
            configuration: Configuration(), locations: Locations(environment: ["RUNTIME_DIRECTORY": path]))
        if geteuid() == 0 { #expect(throws: ServerFault.self) { try TransportSet(loaded) } }
    }

    @Test(arguments: [0o777, 0o757, 0o702]) func aDirectoryThatOthersCanWrite_isNot(mode: mode_t) throws {
        chmod(path, mode)
        #expect(try #require(DirectoryTrust.danger(of: path)).contains("mode 0\(String(mode, radix: 8))"))
    }

    @Test func oneInAFolderThatOthersCanWrite_isNot_unlessItIsSticky() throws {
        chmod(folder.path, 0o777)
        #expect(try #require(DirectoryTrust.danger(of: path)).contains("others can write in"))
        chmod(folder.path, 0o1777)
        #expect(DirectoryTrust.danger(of: path) == nil)
        chmod(folder.path, 0o700)
    }

    @Test func aFile_isNone() throws {
        try folder.write("file", "")
        #expect(try #require(DirectoryTrust.danger(of: folder.path + "/file")).contains("no directory"))
        #expect(DirectoryTrust.danger(of: folder.path + "/missing") != nil)
    }
}
