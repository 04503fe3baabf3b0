import ArgumentParser
import DuctusDaemon
import Foundation

/// The command line: one file per subcommand.
struct Ductus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ductus",
        abstract:
            "Recognizes handwriting and sensor streams while they are still growing, and learns from corrections.",
        version: Release.version,
        subcommands: [
            ReplayCommand.self,
            FeedCommand.self,
            WatchCommand.self,
            RecordCommand.self,
            TabletCommand.self,
            RecognizeCommand.self,
            RenderCommand.self,
            IndexCommand.self,
            SearchCommand.self,
            SynthesizeCommand.self,
            SimulateCommand.self,
            PadCommand.self,
            KeyboardCommand.self,
            StatusCommand.self,
            CorrectCommand.self,
            ModelCommand.self,
            JournalCommand.self,
            WordsCommand.self,
            TranslateCommand.self,
            EvaluateCommand.self,
            TrainCommand.self,
            CalibrateCommand.self,
            AdaptCommand.self,
            LanguageModelCommand.self,
            ClusterCommand.self,
            QueueCommand.self,
            KeygenCommand.self,
            BenchmarkCommand.self,
        ])
}

@main enum Main {
    /// Runs the subcommand. Exit status: 0 done, 1 failed, 2 wrong usage or bad input.
    static func main() async {
        do {
            var command = try Ductus.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            try StandardOutput.flush()
        } catch {
            ExitStatus.end(with: error)
        }
    }
}
