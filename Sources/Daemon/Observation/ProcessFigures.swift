import Foundation
import Metrics

/// The kernel's figures of this process, under the names of Prometheus' client libraries.
package struct ProcessFigures: Equatable, Sendable {
    package var residentBytes: UInt64
    package var virtualBytes: UInt64
    package var processorSeconds: Double
    /// Unix time in seconds.
    package var startTime: Double
    package var openDescriptors: Int
    package var descriptorLimit: UInt64
    package var threads: Int

    /// The figures of this process; nil where /proc is not mounted.
    package static func read() -> ProcessFigures? {
        guard let status = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8) else { return nil }
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return ProcessFigures(
            stat: status, boot: seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME),
            ticks: Double(sysconf(Int32(_SC_CLK_TCK))), page: UInt64(sysconf(Int32(_SC_PAGESIZE))),
            openDescriptors: descriptors, descriptorLimit: UInt64(limit.rlim_cur))
    }

    /// - Parameters:
    ///   - stat: `/proc/self/stat`, proc(5); the command's name stands in parentheses and may hold anything.
    ///   - boot: When the machine started, Unix time in seconds; not from `/proc/stat`, which a sandbox hides.
    package init?(
        stat: String, boot: Double, ticks: Double, page: UInt64, openDescriptors: Int, descriptorLimit: UInt64
    ) {
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        // Field 3 of proc(5) is the first one here.
        guard fields.count > 21, let user = Double(fields[11]), let kernel = Double(fields[12]),
            let threads = Int(fields[17]),
            let start = Double(fields[19]), let virtual = UInt64(fields[20]), let resident = UInt64(fields[21])
        else { return nil }
        residentBytes = resident &* page
        virtualBytes = virtual
        processorSeconds = (user + kernel) / ticks
        startTime = boot + start / ticks
        self.threads = threads
        self.openDescriptors = openDescriptors
        self.descriptorLimit = descriptorLimit
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var now = timespec()
        clock_gettime(clock, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    /// Reads them anew for each reading of `registry`.
    package static func publish(in registry: PrometheusRegistry) {
        let resident = MetricCatalogue.residentMemory.gauge(from: registry)
        let virtual = MetricCatalogue.virtualMemory.gauge(from: registry)
        let open = MetricCatalogue.openDescriptors.gauge(from: registry)
        let limit = MetricCatalogue.descriptorLimit.gauge(from: registry)
        let start = MetricCatalogue.startTime.gauge(from: registry)
        let threads = MetricCatalogue.threads.gauge(from: registry)
        let processor = FloatingPointCounter(
            label: MetricCatalogue.processorTime.rawValue, dimensions: [], factory: registry)
        registry.beforeReading {
            guard let figures = read() else { return }
            resident.record(figures.residentBytes)
            virtual.record(figures.virtualBytes)
            open.record(figures.openDescriptors)
            limit.record(figures.descriptorLimit)
            start.record(figures.startTime)
            threads.record(figures.threads)
            // The kernel keeps the total.
            processor.reset()
            processor.increment(by: figures.processorSeconds)
        }
    }
}
