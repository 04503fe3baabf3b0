import DuctusDaemon
import Foundation
import Logging
import Synchronization
import Testing

@Suite struct LogDestinationTests {
    @Test func theJournalIsUsed_onlyIfItIsWhatStandardErrorGoesTo() throws {
        var status = stat()
        let file = try TemporaryFolder()
        let path = try file.write("log", "")
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        fstat(descriptor, &status)
        let connected = ["JOURNAL_STREAM": "\(status.st_dev):\(status.st_ino)"]
        #expect(LogDestination(format: .auto, environment: connected, descriptor: descriptor) == .journal)
        #expect(LogDestination(format: .auto, environment: ["JOURNAL_STREAM": "1:2"], descriptor: descriptor) == .text)
        #expect(LogDestination(format: .auto, environment: [:], descriptor: descriptor) == .text)
        #expect(LogDestination(format: .text, environment: connected, descriptor: descriptor) == .text)
        #expect(LogDestination(format: .journal, environment: [:], descriptor: descriptor) == .journal)
    }

    @Test func aLineOfText_staysOneLine_whateverIsInIt() {
        let lines = Mutex<[String]>([])
        let handler = TextLogHandler(label: "server", level: LogLevel(.info)) { line in
            lines.withLock { $0.append(line) }
        }
        let logger = Logger(label: "server", factory: { _ in handler })
        logger.warning("odd\nname", metadata: ["stream": "a\u{1b}[2J", "count": "3"])
        logger.debug("not shown")
        #expect(lines.withLock { $0 } == ["warning server: odd name count=3 stream=a [2J\n"])
    }

    @Test func anEntry_isBounded_andTurnsNothingRound() {
        let lines = Mutex<[String]>([])
        let logger = Logger(
            label: "x",
            factory: {
                TextLogHandler(label: $0, level: LogLevel(.info)) { line in lines.withLock { $0.append(line) } }
            })
        logger.warning("\(String(repeating: "y", count: 500_000))")
        logger.warning(
            "a\u{85}b\u{2028}c\u{202e}d\u{9b}31m", metadata: ["client": "\(String(repeating: "z", count: 9000))"])
        let written = lines.withLock { $0 }
        #expect(written.allSatisfy { $0.utf8.count < 4200 && $0.filter(\.isNewline) == "\n" })
        #expect(written[1].hasPrefix("warning x: a b c d 31m client=zz"))
    }

    @Test func theLevel_changesForAllLoggersAtOnce() {
        let lines = Mutex(0)
        let level = LogLevel(.error)
        let logger = Logger(
            label: "x", factory: { TextLogHandler(label: $0, level: level) { _ in lines.withLock { $0 += 1 } } })
        logger.info("a")
        level.set(.debug)
        logger.info("b")
        #expect(lines.withLock { $0 } == 1)
    }

    @Test func theJournal_getsFieldsPriorityAndLineBreaks() throws {
        let receiver = try DatagramReceiver()
        let journal = JournalLogHandler.Journal(path: receiver.path)
        let logger = Logger(
            label: "lanes", factory: { JournalLogHandler(label: $0, level: LogLevel(.info), journal: journal) })
        logger.error("first\nsecond", metadata: ["stream-name": "desk"])
        let entry = try #require(receiver.receive())
        let length = withUnsafeBytes(of: UInt64(12).littleEndian) { Array($0) }
        #expect(entry.starts(with: Array("MESSAGE\n".utf8) + length + Array("first\nsecond\n".utf8)))
        let text = String(decoding: entry, as: UTF8.self)
        #expect(text.contains("\nPRIORITY=3\n"))
        #expect(text.contains("\nSYSLOG_IDENTIFIER=ductusd\n"))
        #expect(text.contains("\nDUCTUS_COMPONENT=lanes\n"))
        #expect(text.contains("\nDUCTUS_STREAM_NAME=desk\n"))
        #expect(journal.lost == 0)
    }

    @Test func withoutAJournal_entriesAreLost_andCounted() {
        let journal = JournalLogHandler.Journal(path: "/nonexistent/socket")
        Logger(label: "x", factory: { JournalLogHandler(label: $0, level: LogLevel(.info), journal: journal) }).info(
            "a")
        #expect(journal.lost == 1)
    }
}
