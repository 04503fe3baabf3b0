import DuctusDaemon
import Foundation
import Testing

@Suite struct ConfigurationLoaderTests {
    @Test func withoutAnyFile_theDefaultsHold() throws {
        let folder = try TemporaryFolder()
        let loaded = try ConfigurationLoader(environment: folder.environment).load()
        #expect(loaded.file == nil)
        #expect(loaded.configuration == folder.defaults)
    }

    @Test func everyKindOfValue_isRead() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "ductus.yaml",
            """
            lanes: 3
            endpoints:
              ink: [ipc://a, ipc:///run/x/b]
            limits:
              message: 2 MiB
              idle_stream: 90 s
            pipelines:
              - name: lab
                input: features
                streams: lab-
                decoding: best-path
                language_model: no
                window: {hop: 100 ms, chunk: 4}
                endpoint:
                  pause: 0.5 s
            logging: {level: debug}
            http:
              address: 'off'
            """)
        let configuration = try ConfigurationLoader(path: path, environment: folder.environment).load().configuration
        #expect(configuration.lanes == 3)
        #expect(configuration.endpoints.ink.map(\.description) == ["ipc://a", "ipc:///run/x/b"])
        #expect(configuration.limits.message == 2 << 20)
        #expect(configuration.limits.idleStream == 90)
        let pipeline = try #require(configuration.pipelines.first)
        #expect(configuration.pipelines.count == 1)
        #expect(pipeline.input.rawValue == "features" && pipeline.streams == "lab-" && pipeline.decoding == .bestPath)
        #expect(!pipeline.languageModel)
        #expect(pipeline.window.hop == 0.1 && pipeline.window.chunk == 4 && pipeline.window.lookahead == 56)
        #expect(pipeline.endpoint.pause == 0.5)
        #expect(configuration.logging.level == .debug)
        #expect(configuration.http.address == nil)
    }

    @Test func flagsStandAboveEnvironment_andThatAboveTheFile() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("ductus.yaml", "limits: {streams: 1, queue: 100}\nlanes: 1\n")
        var environment = folder.environment
        environment["DUCTUS_LIMITS_STREAMS"] = "2"
        environment["DUCTUS_LANES"] = "2"
        let flags = [ConfigurationLoader.Flag(flag: "--lanes", key: "lanes", value: "3")]
        let configuration = try ConfigurationLoader(path: path, environment: environment, flags: flags).load()
            .configuration
        #expect(configuration.limits.queue == 100)
        #expect(configuration.limits.streams == 2)
        #expect(configuration.lanes == 3)
    }

    @Test func allFaults_areToldAtOnce_withLineKeyAndRemedy() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(
            "ductus.yaml",
            """
            limts:
              message: 1 MiB
            limits:
              message: large
              streams: 0
              queue:
            pipelines:
              - name: ink
                windw: {hop: 1 s}
                window: {hop: 5}
            http: [1, 2]
            """)
        let error = try #require(throws: ConfigurationError.self) {
            try ConfigurationLoader(path: path, environment: folder.environment).load()
        }
        let lines = error.description.split(separator: "\n").map(String.init)
        #expect(lines.count == 7)
        #expect(lines[0].hasPrefix("\(path):1:1: limts: unknown key; did you mean 'limits'?"))
        #expect(lines[1].hasPrefix("\(path):4:") && lines[1].contains("limits.message: 'large' is not a size like"))
        #expect(
            lines[2].contains(":5:") && lines[2].contains("limits.streams: 0 is out of range; allowed: 1 to 1000000"))
        #expect(lines[3].contains("limits.queue: has no value"))
        #expect(lines[4].contains("pipelines[ink].windw: unknown key; did you mean 'window'?"))
        #expect(lines[5].contains("pipelines[ink].window.hop: '5' is not a time with its unit"))
        #expect(lines[6].contains("http: expected keys and values, found a list"))
    }

    @Test(arguments: [
        ("limits: {streams: 1", "not YAML"), ("\u{0}", "not YAML"),
        ("lanes: 1\nlanes: 2\n", "'lanes' is written in one section twice"),
        ("- 1\n", "expected keys and values, found a list"), ("a: &a [*a]\n", ""),
    ])
    func whatIsNoConfiguration_isAFault(text: String, message: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("ductus.yaml", text)
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationLoader(path: path, environment: folder.environment).load()
        }
        #expect(error?.description.contains(message) == true || message.isEmpty)
    }

    @Test func aFileThatIsNotThere_isAFault_onlyIfItWasNamed() throws {
        let folder = try TemporaryFolder()
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationLoader(path: folder.path + "/none.yaml", environment: folder.environment).load()
        }
        #expect(error?.description.contains("No such file or directory") == true)
    }

    @Test func theDirectoryFromSystemd_isSearchedFirst() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("ductus.yaml", "lanes: 7\n")
        try folder.write("ductus/ductus.yaml", "lanes: 8\n")
        var environment = folder.environment
        environment["XDG_CONFIG_HOME"] = folder.path
        #expect(try ConfigurationLoader(environment: environment).load().configuration.lanes == 8)
        environment["CONFIGURATION_DIRECTORY"] = folder.path
        let loaded = try ConfigurationLoader(environment: environment).load()
        #expect(loaded.configuration.lanes == 7)
        #expect(loaded.file == path)
    }

    @Test func aMistypedVariable_isRemarked_butNoFault() throws {
        let folder = try TemporaryFolder()
        var environment = folder.environment
        environment["DUCTUS_LANS"] = "4"
        let loaded = try ConfigurationLoader(environment: environment).load()
        #expect(loaded.remarks == ["environment variable DUCTUS_LANS names no key; did you mean DUCTUS_LANES?"])
    }

    @Test(arguments: ["DUCTUS_INSTRUCTION_SET", "DUCTUS_PRODUCTS", "DUCTUS_CONNECT", "DUCTUS_PYTHON"])
    func aVariableThatOthersRead_isNotRemarked(name: String) throws {
        let folder = try TemporaryFolder()
        var environment = folder.environment
        environment[name] = "avx2"
        #expect(try ConfigurationLoader(environment: environment).load().remarks.isEmpty)
    }

    @Test func anUnknownFlag_isAFault() throws {
        let folder = try TemporaryFolder()
        let flag = try #require(ConfigurationLoader.Flag(setting: "limits.mesage=1 MiB"))
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationLoader(environment: folder.environment, flags: [flag]).load()
        }
        #expect(error?.description == "--set: limits.mesage: unknown key; did you mean 'limits.message'?")
        #expect(ConfigurationLoader.Flag(setting: "limits.message") == nil)
    }

    @Test func credentials_standInForKeyFiles() throws {
        let folder = try TemporaryFolder()
        try folder.writeKeys()
        var environment = folder.environment
        environment["CREDENTIALS_DIRECTORY"] = folder.path
        let security = try ConfigurationLoader(environment: environment).load().configuration.security
        #expect(security.serverKey == folder.path + "/keys_server.key")
        #expect(security.clients == folder.path + "/keys_clients.yaml")
    }
}
