import DuctusWire
import Foundation
import Testing

/// The daemon under a real systemd: `systemd/ductusd.service` as shipped, in a machine of its own. One machine serves all cases, one after
/// the other.
@Suite(.serialized, .enabled(if: Installation.obstacle == nil, "\(Installation.obstacle ?? "")"))
final class SystemdTests {
    /// Booted once: a boot costs more than a case.
    private static nonisolated(unsafe) var shared: Machine?
    private let machine: Machine

    init() throws {
        if let machine = Self.shared {
            self.machine = machine
        } else {
            let machine = try Machine.boot()
            try Installation.install(into: machine)
            Self.shared = machine
            self.machine = machine
            atexit { SystemdTests.shared = nil }
        }
        try machine.run("systemctl", "stop", "ductusd", "ductusd@lab")
        try machine.install(Installation.package + "/systemd/ductus.yaml", as: "/etc/ductus/ductus.yaml")
        try machine.run("systemctl", "reset-failed", "ductusd", checked: false)
    }

    private func client() throws -> DaemonClient { try DaemonClient(sockets: machine.path("/run/ductus")) }

    @Test func itStarts_tellsThatItIsReady_andReadsAPen() throws {
        try machine.run("systemctl", "start", "ductusd")
        #expect(try machine.property("ActiveState") == "active")
        #expect(try machine.property("StatusText").contains("stream"))
        let client = try client()
        try client.write(on: "desk")
        try client.endSegment(on: "desk")
        #expect(try client.finals(of: ["desk"]).count == 1)
        #expect(try client.status().ready)
        let metrics = try machine.run("curl", "-sf", "http://127.0.0.1:7718/metrics").output
        #expect(metrics.contains("ductus_ready 1\n"))
    }

    @Test func itRunsAsItsOwnUser_andItsSocketsAreForItsGroup() throws {
        try machine.run("systemctl", "start", "ductusd")
        let listing = try machine.run("stat", "-c", "%U %G %a %n", "/run/ductus", "/run/ductus/ink", "/var/lib/ductus")
            .output
        #expect(
            listing
                == "ductus ductus 750 /run/ductus\nductus ductus 660 /run/ductus/ink\nductus ductus 700 /var/lib/ductus\n"
        )
    }

    @Test(arguments: ["ductusd.service", "ductusd@lab.service"]) func exposure_isLow(unit: String) throws {
        let outcome = try machine.run("systemd-analyze", "security", "--threshold=15", unit, checked: false)
        #expect(outcome.status == 0, "exposure above 1.5:\n\(outcome.output.suffix(200))")
    }

    @Test func anotherInstance_runsBesideTheFirst() throws {
        try machine.run("install", "-d", "-m", "700", "/etc/ductus/lab/keys")
        try machine.write("http: {address: '127.0.0.1:7719'}\n", to: "/etc/ductus/lab/ductus.yaml")
        try machine.run("systemctl", "start", "ductusd", "ductusd@lab")
        for (folder, port) in [("/run/ductus", "7718"), ("/run/ductus-lab", "7719")] {
            let client = try DaemonClient(sockets: machine.path(folder))
            try client.write(on: "desk")
            try client.endSegment(on: "desk")
            #expect(try client.finals(of: ["desk"]).count == 1)
            #expect(try machine.run("curl", "-sf", "http://127.0.0.1:\(port)/health/ready").status == 0)
        }
        #expect(
            try machine.run("stat", "-c", "%U %a", "/var/lib/ductus/lab", "/run/ductus-lab").output
                == "ductus 700\nductus 750\n")
    }

    /// The sandbox leaves it what it needs: the journal on disk, a thread that steps back, new weights beside the old ones.
    @Test func theLearner_learns_atALowPriority() throws {
        try machine.run("systemctl", "start", "ductusd")
        let client = try client()
        for _ in 0..<10 {
            try client.write(on: "desk")
            try client.endSegment(on: "desk")
            let final = try #require(try client.finals(of: ["desk"])["desk"])
            let request = WireCorrectRequest.with {
                ($0.stream, $0.segment, $0.text) = ("desk", final.segment, final.text)
            }
            guard case .correct(let reply) = try client.ask(.correct(request)) else {
                throw Machine.Failure("not journaled")
            }
            #expect(reply.correction > 0)
        }
        try machine.wait(seconds: 60, for: "a trial") {
            try machine.run("curl", "-sf", "http://127.0.0.1:7718/metrics").output.contains("ductus_trials_total{")
        }
        let process = try machine.property("MainPID")
        // proc(5): niceness is the 17th field behind the name. The learner has stepped back, with the thread that helps it while it trains
        // (adaptation.threads: 2); the others have not.
        let output = try machine.run("sh", "-c", "sed 's/.*) //' /proc/\(process)/task/*/stat | cut -d' ' -f17").output
        let niceness = output.split(separator: "\n")
        #expect((1...2).contains(niceness.count { $0 == "10" }), "\(output)")
        #expect(niceness.count { $0 == "0" } >= 4, "\(output)")
        #expect(try machine.run("ls", "/var/lib/ductus/learning/ink").output.contains("journal.sqlite"))
    }

    @Test func aFloodOfOneFault_isLoggedAFewTimes_withItsFields() throws {
        try machine.run("systemctl", "start", "ductusd")
        let client = try client()
        for _ in 0..<50 { try client.send([0xff, 0xff, 0xff], on: "desk") }
        try machine.wait(for: "the packets to arrive") { try client.status().counters["dropped_malformed"] == 50 }
        let process = try machine.property("MainPID")
        let entries = { [machine] in
            try machine.run(
                "journalctl", "_PID=\(process)", "DUCTUS_FAULT=malformed", "DUCTUS_STREAM=desk", "-p", "warning", "-o",
                "cat"
            ).output
        }
        try machine.wait(for: "the entries") { try entries().split(separator: "\n").count >= 6 }
        #expect(try entries().split(separator: "\n").count == 6)
    }

    @Test func aHungDaemon_isKilledByTheWatchdog_andComesBack() throws {
        try machine.write("[Service]\nWatchdogSec=2\n", to: "/etc/systemd/system/ductusd.service.d/fast.conf")
        defer {
            try? FileManager.default.removeItem(atPath: machine.root + "/etc/systemd/system/ductusd.service.d")
            _ = try? machine.run("systemctl", "daemon-reload")
        }
        try machine.run("systemctl", "daemon-reload")
        try machine.run("systemctl", "start", "ductusd")
        let before = try machine.property("MainPID")
        try machine.run("kill", "-STOP", before)
        try machine.wait(for: "a new process") {
            let now = try machine.property("MainPID")
            return try now != before && now != "0" && machine.property("ActiveState") == "active"
        }
        #expect(try machine.journal().contains("Watchdog timeout"))
        #expect(try client().status().ready)
    }

    @Test func afterKill9_pensGoOn() throws {
        try machine.run("systemctl", "start", "ductusd")
        let client = try client()
        let pens = Set((0..<20).map { "desk-\($0)" })
        for pen in pens { try client.write(on: pen) }
        let before = try machine.property("MainPID")
        let token = try machine.run("cat", "/run/ductus/http.token").output
        try machine.run("kill", "-9", before)
        try machine.wait(for: "a new process") {
            let now = try machine.property("MainPID")
            return try now != before && now != "0" && machine.property("ActiveState") == "active"
        }
        try client.waitForReturn()
        for pen in pens {
            try client.write(on: pen)
            try client.endSegment(on: pen)
        }
        #expect(Set(try client.finals(of: pens).keys) == pens)
        // Pads that are open are let in again.
        #expect(try machine.run("cat", "/run/ductus/http.token").output == token)
    }

    @Test func stopping_losesNoFinal_andEndsWell() throws {
        // systemd itself says so if it takes longer than five seconds.
        try machine.write("[Service]\nTimeoutStopSec=5\n", to: "/etc/systemd/system/ductusd.service.d/stop.conf")
        defer {
            try? FileManager.default.removeItem(atPath: machine.root + "/etc/systemd/system/ductusd.service.d")
            _ = try? machine.run("systemctl", "daemon-reload")
        }
        try machine.run("systemctl", "daemon-reload")
        try machine.run("systemctl", "start", "ductusd")
        let client = try client()
        let streams = Set((0..<20).map { "desk-\($0)" })
        for stream in streams { try client.write(on: stream) }
        try machine.wait(for: "the ink to arrive") { try client.status().streams == 20 }
        try machine.run("systemctl", "stop", "ductusd")
        #expect(Set(try client.finals(of: streams).keys) == streams)
        #expect(try machine.property("Result") == "success")
        #expect(try machine.property("ExecMainStatus") == "0")
    }

    @Test func reloading_takesWhatItCan_andSaysWhatWaits() throws {
        try machine.run("systemctl", "start", "ductusd")
        let before = try machine.property("MainPID")
        try machine.write("quotas: {streams: 77}\nlanes: 3\n", to: "/etc/ductus/ductus.yaml")
        try machine.run("systemctl", "reload", "ductusd")
        try machine.wait(for: "the reload") { try machine.journal().contains("quotas.streams: 512 → 77") }
        #expect(try machine.journal().contains("lanes: auto → 3"))
        #expect(try machine.property("MainPID") == before)
        #expect(try machine.property("ActiveState") == "active")
    }

    @Test func aBadFile_leavesTheOldConfigurationServing() throws {
        try machine.run("systemctl", "start", "ductusd")
        let before = try machine.property("MainPID")
        try machine.write("quotas: {streams: many}\n", to: "/etc/ductus/ductus.yaml")
        try machine.run("systemctl", "reload", "ductusd")
        try machine.wait(for: "the report") {
            try machine.journal().contains("quotas.streams: 'many' is not a whole number")
        }
        #expect(try machine.property("MainPID") == before)
        let client = try client()
        try client.write(on: "desk")
        try client.endSegment(on: "desk")
        #expect(try client.finals(of: ["desk"]).count == 1)
    }

    @Test func aBadFileAtTheStart_isAnError_notALoop() throws {
        try machine.write("lanes: many\n", to: "/etc/ductus/ductus.yaml")
        let outcome = try machine.run("systemctl", "start", "ductusd", checked: false)
        #expect(outcome.status != 0)
        try machine.wait(for: "the end of it") { try machine.property("ActiveState") == "failed" }
        #expect(try machine.journal().contains("ductus.yaml:1:8: lanes: 'many' is not a whole number"))
    }

    @Test func aNetworkEndpointWithoutKeys_doesNotStart() throws {
        try machine.write("endpoints: {ink: 'tcp://127.0.0.1:7711'}\n", to: "/etc/ductus/ductus.yaml")
        let outcome = try machine.run("systemctl", "start", "ductusd", checked: false)
        #expect(outcome.status != 0)
        #expect(try machine.journal().contains("would be open to the network"))
    }

    @Test(arguments: ["mount -o remount,ro /var/lib/ductus", "head -c 65536 /dev/zero > /var/lib/ductus/filler"])
    func aStateDirectoryThatCannotBeWritten_degrades_butPensAreRead(spoiling: String) throws {
        try machine.run("mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", "/var/lib/ductus")
        defer {
            _ = try? machine.run("systemctl", "stop", "ductusd", checked: false)
            _ = try? machine.run("umount", "/var/lib/ductus", checked: false)
        }
        try machine.run("chown", "ductus:", "/var/lib/ductus")
        try machine.run("sh", "-c", spoiling)
        try machine.run("systemctl", "start", "ductusd")
        let client = try client()
        try client.write(on: "desk")
        try client.endSegment(on: "desk")
        #expect(try client.finals(of: ["desk"]).count == 1)
        try machine.wait(for: "the status to tell") { try machine.property("StatusText").contains("learning") }
    }
}
