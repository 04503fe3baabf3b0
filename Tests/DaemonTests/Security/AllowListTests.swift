import DuctusDaemon
import DuctusTransportZeroMQ
import Testing

@Suite struct AllowListTests {
    @Test func entries_areRead() throws {
        let folder = try TemporaryFolder()
        try folder.writeKeys()
        let list = try AllowList(contentsOf: folder.path + "/keys_clients.yaml")
        #expect(list.clients.map(\.name) == ["desk"])
        #expect(list.clients[0].rights == [.publish, .subscribe])
        #expect(list.clients[0].streams == ["desk-"])
    }

    @Test func allFaults_areToldAtOnce() throws {
        let folder = try TemporaryFolder()
        let key = try CurveKeyPair().publicKey.text
        let path = try folder.write(
            "clients.yaml",
            """
            clients:
              - {name: a, key: '\(key)', rights: [publish, delete]}
              - {name: b, key: short}
              - {name: c}
              - {name: d, key: '\(key)', right: [control]}
            """)
        let error = try #require(throws: ConfigurationError.self) { try AllowList(contentsOf: path) }
        let text = error.description
        #expect(text.contains("clients[a].rights: 'delete' is not one of 'publish', 'subscribe', 'correct', 'control'"))
        #expect(text.contains("clients[b].key: 'short' is not a public key"))
        #expect(text.contains("clients[c].key: missing"))
        #expect(text.contains("clients[d].key: has the same key as 'a'"))
        #expect(text.contains("clients[d].right: unknown key; did you mean 'rights'?"))
    }
}
