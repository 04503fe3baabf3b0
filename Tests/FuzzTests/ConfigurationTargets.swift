import DuctusDaemon
import Foundation

extension FuzzTarget {
    /// What an operator writes.
    static let configuration = [
        FuzzTarget(
            "configuration.yaml", share: 3_000,
            .text(tokens: [
                ":", "- ", "  ", "{", "}", "[", "]", "&a", "*a", "<<: *a", "!!int", "|", ">", "\"", "'", "#", "---",
                "\t", "ms", "GiB", "auto", "none", "off",
                "tcp://", "ipc://", "lanes", "limits",
            ]), seeds: [Files.configuration]
        ) { bytes, file in _ = try ConfigurationLoader(path: file.holding(bytes).path, environment: [:]).load() },
        FuzzTarget(
            "configuration.flag", share: 3_000,
            .text(tokens: ["=", ".", "limits.message", "MiB", "ms", "auto", "off", ","]), seeds: Files.flags
        ) {
            bytes, file in
            guard let flag = ConfigurationLoader.Flag(setting: String(decoding: bytes, as: UTF8.self)) else {
                throw Files.Refused()
            }
            let variables = [ConfigurationLoader.variable(for: flag.key): flag.value]
            _ = try ConfigurationLoader(
                path: file.holding(Files.configuration).path, environment: variables, flags: [flag]
            ).load()
        },
        FuzzTarget(
            "security.allow-list", share: 2_000,
            .text(tokens: ["- ", "name:", "key:", "rights:", "[", "]", "publish", "control", "'", ":", "&a", "*a"]),
            seeds: [Files.allowList]
        ) { bytes, file in _ = try AllowList(contentsOf: file.holding(bytes).path) },
        FuzzTarget(
            "security.key-file", share: 2_000, .text(tokens: ["=", "public", "secret", "#", "\r", " "]),
            seeds: [Files.key]
        ) { bytes, file in
            _ = try KeyFile.read(file.holding(bytes).path)
        },
    ]
}

private enum Files {
    struct Refused: Error {}

    /// The manual, with a model that is there.
    static let configuration: [UInt8] = {
        let manual = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "../../systemd/ductus.yaml")
        guard let text = try? String(contentsOf: manual, encoding: .utf8) else {
            fatalError("\(manual.path) is missing")
        }
        return Array(text.replacingOccurrences(of: "model: english", with: "model: /").utf8)
    }()

    static let flags = [
        "limits.message=2 MiB", "endpoints.ink=ipc://a", "adaptation.canary_margin=0.1", "http.address=off",
        "limits.shutdown=3 s",
    ]
    .map { Array($0.utf8) }

    static let allowList = Array(
        """
        clients:
          - name: desk-3
            key: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7'
            rights: [publish, subscribe]
            streams: [desk-3]
          - {name: admin, key: 'Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID', rights: [control, correct], streams: ['']}
        """.utf8)

    /// The pair that zmq_curve_keypair(3) shows.
    static let key = Array(
        """
        # test
        public = Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID
        secret = D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs
        """.utf8)
}
