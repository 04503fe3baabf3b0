import DuctusDaemon
import DuctusStreaming
import DuctusTransport
import Testing

@Suite struct AccessPolicyTests {
    private static let policy: AccessPolicy = {
        var desk = AllowedClient()
        desk.name = "desk"
        desk.key = "key of desk"
        desk.rights = [.publish, .subscribe, .correct]
        desk.streams = ["desk-", "lab"]
        desk.writers = ["ann", "team-"]
        var admin = AllowedClient()
        admin.name = "admin"
        admin.key = "key of admin"
        admin.rights = [.control, .subscribe]
        admin.streams = [""]
        var empty = AllowedClient()
        empty.name = "empty"
        return AccessPolicy(AllowList([desk, admin, empty]))
    }()
    private let policy = policy
    private let desk = PeerIdentity.key("desk")
    private let admin = PeerIdentity.key("admin")

    private func stream(_ name: String) throws -> StreamName { try #require(StreamName(name)) }

    @Test func keys_haveNames() {
        #expect(policy.user(publicKey: "key of desk") == "desk")
        #expect(policy.user(publicKey: "another") == nil)
    }

    @Test func rights_holdWithinThePrefixes() throws {
        #expect(policy.allows(.publish, on: try stream("desk-1"), to: desk))
        #expect(policy.allows(.correct, on: try stream("lab"), to: desk))
        #expect(!policy.allows(.publish, on: try stream("desk"), to: desk))
        #expect(!policy.allows(.publish, on: try stream("other-desk-1"), to: desk))
        #expect(!policy.allows(.publish, on: try stream("x"), to: admin))
        #expect(policy.allows(.subscribe, on: try stream("x"), to: admin))
        #expect(policy.allows(.control, to: admin))
        #expect(!policy.allows(.control, to: desk))
        #expect(!policy.allows(.publish, to: desk), "no stream, no prefix")
        #expect(!policy.allows(.publish, on: try stream("desk-1"), to: PeerIdentity.key("empty")))
    }

    @Test func whoIsNotKnown_mayNothing() throws {
        #expect(!policy.allows(.publish, on: try stream("desk-1"), to: PeerIdentity.unknown))
        #expect(!policy.allows(.publish, on: try stream("desk-1"), to: PeerIdentity.key("gone")))
        #expect(!policy.allows(.control, to: PeerIdentity.token("gone")))
    }

    @Test func usersOfThisMachine_wereLetInByTheSocketsFile() throws {
        #expect(policy.allows(.control, to: PeerIdentity.localUser(1000)))
        #expect(policy.allowsSubscription(to: "", by: PeerIdentity.localUser(1000)))
    }

    @Test(arguments: [
        ("ann", true), ("ann-2", true), ("team-1", true), ("bob", false), ("team", false), ("", false), ("Ann", false),
    ])
    func writers_belongToWhoIsGivenThem(writer: String, isAllowed: Bool) {
        #expect(policy.allows(writer: writer, to: desk) == isAllowed)
        #expect(!policy.allows(writer: writer, to: admin), "it names no writers")
        #expect(!policy.allows(writer: writer, to: .unknown))
        #expect(policy.allows(writer: writer, to: .localUser(1000)), "the operator trusts whoever reaches the socket")
    }

    @Test func usersOfThisMachine_mayBeHeldToTheirOwnNames() throws {
        let policy = AccessPolicy(AllowList(), localWriters: .own)
        let name = try #require(MachineUser.name(of: 0))
        #expect(policy.allows(writer: name, to: .localUser(0)))
        #expect(policy.allows(writer: name + "-left", to: .localUser(0)))
        #expect(!policy.allows(writer: name + "x", to: .localUser(0)))
        #expect(!policy.allows(writer: "bob", to: .localUser(0)))
        #expect(!policy.allows(writer: name, to: .localUser(3_999_999_999)), "nobody has this number")
    }

    @Test func aMessage_isAskedForByItself() {
        for (topic, isAllowed) in [
            ("labels.desk-1", true), ("review.lab2", true), ("events", true), ("labels.desk", false),
            ("labels.other", false), ("event", false), ("", false), ("labels.", false),
        ] {
            #expect(policy.allows(topic: Array(topic.utf8), to: desk) == isAllowed, "\(topic)")
            #expect(!policy.allows(topic: Array(topic.utf8), to: .key("empty")))
            #expect(!policy.allows(topic: Array(topic.utf8), to: .unknown))
            #expect(policy.allows(topic: Array(topic.utf8), to: .localUser(1000)))
        }
    }

    @Test(arguments: [
        ("labels.desk-", true), ("labels.desk-1", true), ("review.lab2", true), ("events", true),
        ("labels.desk", false), ("labels.", false), ("labels", false), ("", false), ("labels.other", false),
        ("event", false),
    ])
    func aSubscription_mustLieWithinThePrefixes(topic: String, isAllowed: Bool) {
        #expect(policy.allowsSubscription(to: topic, by: desk) == isAllowed)
        #expect(policy.allowsSubscription(to: topic, by: admin))
        #expect(!policy.allowsSubscription(to: topic, by: PeerIdentity.key("empty")))
    }
}
