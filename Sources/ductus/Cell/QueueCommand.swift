import ArgumentParser
import DuctusCluster
import DuctusDocuments
import DuctusFoundations
import DuctusPages
import DuctusRecognition
import Foundation

struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "Read an archive by a queue in a cell's database, with as many workers as there are.",
        subcommands: [Add.self, Work.self, Status.self, Results.self, Retry.self])

    struct Common: ParsableArguments {
        @OptionGroup var database: DatabaseOptions

        @Argument(help: "The archive's name.")
        var job: String

        func queue() throws -> WorkQueue { WorkQueue(job, in: try database.open()) }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add every page of files; what is there is not added again.")

        @OptionGroup var common: Common

        @Argument(help: "Files of ink that all workers can read, under the same path.")
        var files: [String]

        func run() throws {
            let queue = try common.queue()
            var (added, total) = (0, 0)
            for file in files {
                let path = URL(filePath: file).standardizedFileURL.path
                var pages: [String] = []
                try InkFile.pages(of: path, options: ReadingOptions()) { _ in
                    pages.append(PageReference(path: path, page: pages.count + 1).text)
                    return true
                }
                total += pages.count
                added += try queue.add(pages)
            }
            print("\(added) of \(total) pages are new in \(common.job)")
        }
    }

    struct Work: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read pages until none is left; give way to everything else meanwhile.")

        @OptionGroup var common: Common
        @OptionGroup var options: ModelOptions

        @Option(help: "How each page is read: as a whole page, as one line, or as its file says (auto).")
        var layout = LayoutChoice.auto

        @Option(help: "Seconds after which a page of a worker that is not heard of is another's.")
        var lease = 60.0

        @Option(help: "How much the worker gives way, as nice does.")
        var niceness: Int32 = 10

        func validate() throws {
            guard lease >= 1 else { throw ValidationError("--lease must be 1 or more") }
        }

        func run() throws {
            _ = setpriority(__priority_which_t(0), 0, niceness)
            let model = try options.load()
            let worker = "\(ProcessInfo.processInfo.hostName):\(getpid()):\(UInt32.random(in: 0...UInt32.max))"
            let queue = try common.queue()
            let heartbeat = try common.queue()
            var reader = PageReaders.reader(model: model, decoding: options.decoding, layout: layout)
            var count = 0
            while true {
                guard let item = try persist({ try queue.take(for: worker, seconds: lease) }) else {
                    if try persist({ try queue.figures() }).taken == 0 { break }
                    // Pages that other workers read may still come back.
                    Thread.sleep(forTimeInterval: min(lease / 4, 1))
                    continue
                }
                let renewal = Renewal(item, of: heartbeat, worker: worker, seconds: lease)
                defer { renewal.stop() }
                do {
                    let text = try Self.read(item.page, with: &reader)
                    if try persist({ try queue.finish(item, for: worker, result: Array(text.utf8)) }) { count += 1 }
                } catch let fault as DatabaseFault {
                    throw fault
                } catch {
                    Terminal.error("ductus: \(error)")
                    try persist { try queue.setAside(item, for: worker, because: "\(error)") }
                }
            }
            Terminal.error("\(count) pages read by this worker")
        }

        /// Tries again while the database restarts or fails over: what was read is not thrown away.
        private func persist<Value>(_ body: () throws -> Value) throws -> Value {
            while true {
                do {
                    return try body()
                } catch let fault as DatabaseFault where fault.passes {
                    Terminal.error("ductus: \(fault)")
                    Thread.sleep(forTimeInterval: 1)
                }
            }
        }

        private static func read(_ text: String, with reader: inout any InkPageReader) throws -> String {
            let reference = try PageReference(text)
            var number = 0
            var found: Result<InkPage, FileError>?
            try InkFile.pages(of: reference.path, options: ReadingOptions()) { page in
                number += 1
                if number == reference.page { found = page }
                return number < reference.page
            }
            guard let found else {
                throw FileError.inaccessible(path: reference.path, reason: "it has no page \(reference.page) any more")
            }
            let item = InkItem(file: 0, path: reference.path, number: reference.page, content: .page(found))
            let read = item.read(with: &reader)
            switch read.content {
            case .page(let page, let result):
                return try JSONLinesOfReading().lines(for: read, page, result).map { $0 + "\n" }.joined()
            case .fault(let reason): throw FileError.inaccessible(path: reference.path, reason: reason)
            case .end: return ""
            }
        }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Tell how far an archive is, and what was set aside.")

        @OptionGroup var common: Common

        @Flag(help: "Print one JSON object.")
        var json = false

        struct Report: Encodable {
            struct Aside: Encodable {
                var page, reason: String
            }
            var open, taken, done: Int
            var aside: [Aside]
        }

        func run() throws {
            let queue = try common.queue()
            let figures = try queue.figures()
            let report = Report(
                open: figures.open, taken: figures.taken, done: figures.done,
                aside: try queue.aside().map { .init(page: $0.page, reason: $0.reason) })
            if json { return try printJSON(report) }
            print(
                "\(report.done) of \(figures.total) pages are done, \(report.taken) are being read, \(report.open) wait"
            )
            for aside in report.aside { print("! \(aside.page): \(aside.reason)") }
        }
    }

    struct Results: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Print what was read, as `ductus recognize --json` does, in the order in which the pages were added.")

        @OptionGroup var common: Common

        func run() throws {
            let queue = try common.queue()
            var last = -1
            while true {
                let results = try queue.results(after: last, limit: 100)
                for result in results { try StandardOutput.write(result.result) }
                guard let end = results.last else { return }
                last = end.number
            }
        }
    }

    struct Retry: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let pages that were set aside be read again.")

        @OptionGroup var common: Common

        func run() throws { print("\(try common.queue().retry()) pages are open again") }
    }
}

/// A page of a file, as a queue names it.
private struct PageReference {
    var path: String
    /// Counted from 1.
    var page: Int

    init(path: String, page: Int) { (self.path, self.page) = (path, page) }

    var text: String { "\(path)#\(page)" }

    init(_ text: String) throws {
        guard let mark = text.lastIndex(of: "#"), let page = Int(text[text.index(after: mark)...]) else {
            throw CommandFailure("'\(text)' names no page")
        }
        self.init(path: String(text[..<mark]), page: page)
    }
}

/// Renews the lease of a page while it is being read.
private final class Renewal {
    private let timer: any DispatchSourceTimer

    init(_ item: WorkQueue.Item, of queue: WorkQueue, worker: String, seconds: Double) {
        timer = DispatchSource.makeTimerSource(queue: .global())
        timer.schedule(deadline: .now() + seconds / 3, repeating: seconds / 3)
        // Whether it is still this worker's the last statement asks.
        timer.setEventHandler { _ = try? queue.renew(item, for: worker, seconds: seconds) }
        timer.activate()
    }

    func stop() { timer.cancel() }
}
