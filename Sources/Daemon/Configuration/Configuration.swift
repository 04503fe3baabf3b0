/// All that an operator can set. Every key is explained in `systemd/ductus.yaml`; the values here are the defaults.
package struct Configuration: ConfigurationSection {
    package var directories = Directories()
    package var endpoints = Endpoints()
    /// Threads that read streams; nil: one for each core.
    package var lanes: Int?
    package var pipelines = [PipelineSettings()]
    package var limits = Limits()
    package var quotas = Quotas()
    package var security = Security()
    package var adaptation = AdaptationSettings()
    package var http = HTTP()
    package var cluster = Cluster()
    package var logging = LoggingSettings()

    package init() {}

    static let fields: [Field<Configuration>] = [
        .section("directories", \.directories),
        .section("endpoints", \.endpoints),
        .value("lanes", \.lanes, Notation.integer.optional("auto"), .restart) { count in
            count.map { (1...256).contains($0) } ?? true ? nil : "1 to 256, or 'auto'"
        },
        .sections("pipelines", \.pipelines),
        .section("limits", \.limits),
        .section("quotas", \.quotas),
        .section("security", \.security),
        .section("adaptation", \.adaptation),
        .section("http", \.http),
        .section("cluster", \.cluster),
        .section("logging", \.logging),
    ]

    /// Every key that exists, with dots; keys of a list's entries as `pipelines[].name`.
    package static var allKeys: [String] { keys }

    /// The configuration in force after `new` was loaded: its values of live keys, and the old values of keys that need
    /// a restart.
    package func running(after new: Configuration) -> Configuration { adoptingLiveValues(of: new) }
}
