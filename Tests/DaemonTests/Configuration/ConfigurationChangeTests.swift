import DuctusDaemon
import Testing

@Suite struct ConfigurationChangeTests {
    @Test func theSame_differsInNothing() {
        #expect(ConfigurationDifference(from: Configuration(), to: Configuration()).isEmpty)
    }

    @Test func changes_areToldApart_byWhatARunningDaemonCanTake() {
        var new = Configuration()
        new.quotas.streams = 10
        new.lanes = 2
        new.pipelines[0].model = "other"
        new.pipelines[0].window.hop = 0.1
        new.http.address = nil
        let difference = ConfigurationDifference(from: Configuration(), to: new)
        #expect(difference.applied == ["pipelines[ink].model: english → other", "quotas.streams: 512 → 10"])
        #expect(
            difference.postponed == [
                "lanes: auto → 2", "pipelines[ink].window.hop: 250 ms → 100 ms", "http.address: 127.0.0.1:7718 → off",
            ])
    }

    @Test func pipelinesThatComeAndGo_needARestart() {
        var old = Configuration()
        var other = PipelineSettings()
        other.name = "old"
        other.streams = "old-"
        old.pipelines.append(other)
        var new = Configuration()
        other.name = "new"
        new.pipelines.append(other)
        let difference = ConfigurationDifference(from: old, to: new)
        #expect(difference.applied.isEmpty)
        #expect(difference.postponed == ["pipelines[old]: present → absent", "pipelines[new]: absent → present"])
    }

    @Test func whatWaitsForARestart_isToldAgainAtTheNextReload() {
        var new = Configuration()
        new.quotas.streams = 10
        new.pipelines[0].model = "other"
        new.pipelines[0].alternatives = 1
        new.lanes = 2
        let running = Configuration().running(after: new)
        #expect(running.quotas.streams == 10)
        #expect(running.pipelines[0].model == "other")
        #expect(running.pipelines[0].alternatives == 3)
        let again = ConfigurationDifference(from: running, to: new)
        #expect(again.applied.isEmpty)
        #expect(again.postponed == ["lanes: auto → 2", "pipelines[ink].alternatives: 3 → 1"])
    }
}
