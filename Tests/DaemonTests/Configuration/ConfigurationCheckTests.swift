import DuctusDaemon
import Foundation
import Testing

@Suite struct ConfigurationCheckTests {
    private func faults(_ text: String, in folder: TemporaryFolder) throws -> [String] {
        let path = try folder.write("ductus.yaml", text)
        do throws(ConfigurationError) {
            _ = try ConfigurationLoader(path: path, environment: folder.environment).load()
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    @Test func aNetworkEndpointWithoutKeys_isRefused() throws {
        let folder = try TemporaryFolder()
        let faults = try faults("endpoints:\n  ink: [ipc://ink, 'tcp://0.0.0.0:7711']\n", in: folder)
        #expect(faults.count == 1)
        #expect(
            faults[0].contains("ductus.yaml:2:")
                && faults[0].contains("tcp://0.0.0.0:7711 would be open to the network"))
    }

    @Test func evenLoopback_needsKeys_becauseEveryUserOfTheMachineReachesIt() throws {
        #expect(try faults("endpoints: {labels: 'tcp://127.0.0.1:7712'}\n", in: TemporaryFolder()).count == 1)
    }

    @Test func withKeysAndAllowList_aNetworkEndpointIsTaken() throws {
        let folder = try TemporaryFolder()
        try folder.writeKeys()
        let text = """
            endpoints: {ink: 'tcp://0.0.0.0:7711'}
            security: {server_key: \(folder.path)/keys_server.key, clients: \(folder.path)/keys_clients.yaml}
            """
        #expect(try faults(text, in: folder) == [])
    }

    @Test func aKeyThatOthersCanRead_isRefused() throws {
        let folder = try TemporaryFolder()
        try folder.writeKeys()
        chmod(folder.path + "/keys_server.key", 0o644)
        let faults = try faults("security: {server_key: \(folder.path)/keys_server.key}\n", in: folder)
        #expect(faults.count == 1)
        #expect(faults[0].contains("mode 0644") && faults[0].contains("chmod 0600"))
    }

    @Test(arguments: [
        ("pipelines:\n  - {name: a}\n  - {name: a, streams: x}\n", "is the name of an entry twice"),
        ("pipelines:\n  - {name: a}\n  - {name: b}\n", "reads the same streams as 'a'"),
        ("pipelines:\n  - {input: ink}\n", "add for example '- name: ink'"),
        ("pipelines: []\n", "pipelines: missing"),
        ("pipelines:\n  - {name: a, endpoint: {maximum_samples: 900000}}\n", "more than limits.stream_memory"),
        ("pipelines:\n  - {name: a, model: nowhere}\n", "model 'nowhere' does not exist"),
        ("pipelines:\n  - {name: a, endpoint: {pause: 5 s}}\n", "idle is shorter than pause"),
        ("pipelines:\n  - {name: a, window: {maximum: 63}}\n", "make maximum at least 64"),
        ("pipelines:\n  - {name: 'a b'}\n", "1 to 64 of A-Z a-z 0-9 _ -"),
        ("endpoints: {ink: ipc://x, labels: ipc://x}\n", "is an endpoint twice"),
        ("endpoints: {ink: 'udp://x'}\n", "is not an endpoint like"),
        ("endpoints: {ink: 'tcp://host'}\n", "is not an endpoint like"),
        ("endpoints: {control: []}\n", "no control endpoint"),
        ("http: {address: '0.0.0.0:80'}\n", "nothing encrypts what they send; set http.certificate"),
        ("http: {address: nowhere}\n", "is not an address and port"),
        ("http: {certificate: /nowhere.pem}\n", "a certificate and its key belong together"),
        ("http: {certificate: /nowhere.pem, key: /nowhere.key}\n", "certificate '/nowhere.pem' does not exist"),
        ("http: {names: ['a b']}\n", "is not the name of a host"),
        ("adaptation: {canary: /no/such/file}\n", "canary file '/no/such/file' does not exist"),
        ("security: {clients: /no/such/file}\n", "allow-list '/no/such/file' does not exist"),
    ])
    func whatCannotWork_isSaid(text: String, message: String) throws {
        let faults = try faults(text, in: TemporaryFolder())
        #expect(faults.contains { $0.contains(message) }, "\(faults)")
    }

    @Test func aSocketPathThatIsTooLong_isSaid() throws {
        let long = "/run/" + String(repeating: "x", count: 110)
        let faults = try faults("directories: {runtime: \(long)}\n", in: TemporaryFolder())
        #expect(faults.filter { $0.contains("more than 107 bytes") }.count == 4)
    }
}
