import Foundation
import Logging
import Synchronization

/// The destination of log entries: the journal if systemd connected standard error to it, else text on standard error.
package enum LogDestination: Sendable {
    case journal
    case text

    /// systemd names the device and inode of the stream it connected; a shell that redirects stderr changes them.
    package init(
        format: Configuration.LoggingSettings.Format, environment: [String: String], descriptor: Int32 = STDERR_FILENO
    ) {
        switch format {
        case .journal: self = .journal
        case .text: self = .text
        case .auto:
            var status = stat()
            let isConnected =
                fstat(descriptor, &status) == 0 && environment["JOURNAL_STREAM"] == "\(status.st_dev):\(status.st_ino)"
            self = isConnected ? .journal : .text
        }
    }

    /// Makes this the destination of every `Logger`. Call once, at the start of the program.
    package func bootstrap(level: LogLevel) {
        switch self {
        case .journal:
            let journal = JournalLogHandler.Journal()
            LoggingSystem.bootstrap { JournalLogHandler(label: $0, level: level, journal: journal) }
        case .text:
            LoggingSystem.bootstrap {
                TextLogHandler(label: $0, level: level) { FileHandle.standardError.write(Data($0.utf8)) }
            }
        }
    }
}

/// The level below which entries are left out; all handlers share it, so that a reload changes it for all.
package final class LogLevel: Sendable {
    private let level: Mutex<Logger.Level>

    package init(_ setting: Configuration.LoggingSettings.Level = .info) {
        level = Mutex(Self.level(of: setting))
    }

    package var current: Logger.Level { level.withLock { $0 } }

    package func set(_ setting: Configuration.LoggingSettings.Level) { level.withLock { $0 = Self.level(of: setting) } }

    private static func level(of setting: Configuration.LoggingSettings.Level) -> Logger.Level {
        Logger.Level(rawValue: setting.rawValue) ?? .info
    }
}

/// A handler whose level is the daemon's, which a reload of the configuration changes for all.
package protocol LevelledLogHandler: LogHandler {
    var level: LogLevel { get }
}

extension LevelledLogHandler {
    package var logLevel: Logger.Level {
        get { level.current }
        set {}
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
}

/// Writes lines like `warning server: endpoint is slow endpoint=ipc:///run/ductus/ink`.
package struct TextLogHandler: LevelledLogHandler {
    let label: String
    package let level: LogLevel
    let write: @Sendable (String) -> Void
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    package init(label: String, level: LogLevel, write: @escaping @Sendable (String) -> Void) {
        self.label = label
        self.level = level
        self.write = write
    }

    package func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let text = fields.reduce("\(event.level) \(label): \(event.message)") { "\($0) \($1.key)=\($1.value)" }
        write(LogText.line(text) + "\n")
    }
}

/// Text for a log that people read: what clients send must not break a line, move the cursor or fill the log.
enum LogText {
    /// Bytes of an entry that are shown.
    private static let longest = 4096

    static func line(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            guard line.utf8.count < longest else { return line + "…" }
            line.unicodeScalars.append(isHarmless(scalar) ? scalar : " ")
        }
        return line
    }

    /// Neither a control character, nor a separator of lines, nor one that turns the direction of what follows.
    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .format, .surrogate: false
        default: true
        }
    }
}

/// Writes entries with fields and priorities to the journal's own socket.
package struct JournalLogHandler: LevelledLogHandler {
    /// The socket, and how many entries it did not take.
    package final class Journal: Sendable {
        package static let defaultPath = "/run/systemd/journal/socket"
        private let socket: DatagramSocket?
        private let lostCount = Atomic<Int>(0)

        package init(path: String = defaultPath) {
            socket = DatagramSocket(path: path)
        }

        func send(_ bytes: [UInt8]) {
            let isTaken = socket?.send(bytes) ?? false
            if !isTaken { lostCount.add(1, ordering: .relaxed) }
        }

        /// Entries that the journal did not take.
        package var lost: Int { lostCount.load(ordering: .relaxed) }
    }

    /// The journal takes datagrams up to the socket's buffer; nothing we say is that long.
    private static let longestValue = 4096

    let label: String
    package let level: LogLevel
    let journal: Journal
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    package init(label: String, level: LogLevel, journal: Journal) {
        self.label = label
        self.level = level
        self.journal = journal
    }

    package func log(event: LogEvent) {
        journal.send(entry(for: event).bytes)
    }

    func entry(for event: LogEvent) -> JournalEntry {
        var entry = JournalEntry()
        entry.append("MESSAGE", Self.bounded("\(event.message)"))
        entry.append("PRIORITY", String(event.level.priority))
        entry.append("SYSLOG_IDENTIFIER", "ductusd")
        entry.append("DUCTUS_COMPONENT", label)
        entry.append("CODE_FILE", event.file)
        entry.append("CODE_LINE", String(event.line))
        entry.append("CODE_FUNC", event.function)
        for (name, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
            entry.append("DUCTUS_\(name)", Self.bounded("\(value)"))
        }
        return entry
    }

    private static func bounded(_ text: String) -> String {
        text.utf8.count <= longestValue ? text : String(decoding: text.utf8.prefix(longestValue), as: UTF8.self) + "…"
    }
}
