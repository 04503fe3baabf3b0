import DuctusDaemon
import DuctusTransportZeroMQ
import Testing

@Suite struct LocationsTests {
    @Test func systemdsDirectories_comeBeforeTheUsers() {
        let environment = [
            "RUNTIME_DIRECTORY": "/run/ductus-lab:/run/other", "STATE_DIRECTORY": "/var/lib/ductus/lab",
            "XDG_RUNTIME_DIR": "/run/user/5", "HOME": "/home/ann",
        ]
        let locations = Locations(environment: environment, user: 5)
        #expect(locations.runtime == "/run/ductus-lab")
        #expect(locations.state == "/var/lib/ductus/lab")
    }

    @Test func aPersonsOwnDaemon_usesTheirOwnDirectories() {
        let locations = Locations(environment: ["XDG_RUNTIME_DIR": "/run/user/5", "HOME": "/home/ann"], user: 5)
        #expect(locations.runtime == "/run/user/5/ductus")
        #expect(locations.state == "/home/ann/.local/state/ductus")
        #expect(Locations(environment: [:], user: 7).runtime == "/tmp/ductus-7")
        #expect(Locations(environment: [:], user: 0).runtime == "/run/ductus")
    }

    @Test func relativeSockets_lieInTheRuntimeDirectory() throws {
        var directories = Configuration.Directories()
        directories.runtime = "/x"
        let locations = Locations(directories, environment: [:], user: 0)
        #expect(locations.resolve(Endpoint(ipc: "ink")).description == "ipc:///x/ink")
        #expect(locations.resolve(Endpoint(ipc: "/y/ink")).description == "ipc:///y/ink")
        #expect(try locations.resolve(Endpoint("tcp://h:1")).description == "tcp://h:1")
    }

    @Test func aModel_isFoundBesideTheProgram_orByItsPath() throws {
        let folder = try TemporaryFolder()
        try folder.write("share/ductus/models/m/README.md", "")
        let locations = Locations(environment: [:], user: 0, executable: folder.path + "/bin/ductusd")
        #expect(locations.model("m") == folder.path + "/share/ductus/models/m")
        #expect(locations.model(folder.path) == folder.path)
        #expect(locations.model("none") == nil)
    }
}
