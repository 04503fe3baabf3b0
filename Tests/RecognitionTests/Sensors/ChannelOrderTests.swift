import DuctusRecognition
import Testing

@Suite struct ChannelOrderTests {
    @Test func channelsAreReorderedAndOthersLeftOut() {
        let order = ChannelOrder(of: ["a", "b"], among: ["b", "extra", "a"])
        #expect(order.missing.isEmpty && order.width == 3)
        #expect(order.arrange([1, 2, 3, 4, 5, 6]) == [3, 1, 6, 4])
    }

    @Test func whatIsMissingIsNamedAndNoNumber() {
        let order = ChannelOrder(of: ["a", "b", "c"], among: ["c"])
        #expect(order.missing == ["a", "b"])
        let arranged = order.arrange([7, 8])
        #expect(
            arranged.map(\.isNaN) == [true, true, false, true, true, false] && arranged[2] == 7 && arranged[5] == 8)
    }

    @Test func theFirstOfTwoNamesakesCounts() {
        #expect(ChannelOrder(of: ["a"], among: ["a", "a"]).arrange([1, 2]) == [1])
    }

    @Test func theSameOrderChangesNothing() {
        #expect(ChannelOrder(of: ["a", "b"], among: ["a", "b"]).arrange([1, 2, 3, 4]) == [1, 2, 3, 4])
    }

    @Test func aRecordingWithoutNamesIsTakenInItsOrder() throws {
        let recording = SensorRecording(
            id: "r", subject: "", rate: 1, channels: ["channel_0", "channel_1"], namesChannels: false, values: [1, 2])
        #expect(try recording.arranged(as: ["x", "y"]).values == [1, 2])
        #expect(throws: SensorFileError.lacksChannels(recording: "r", missing: ["x"], found: recording.channels)) {
            try recording.arranged(as: ["x"])
        }
    }
}
