import DuctusAdaptation
import DuctusCluster
import Foundation

/// Where a pipeline's corrections, words and generations are kept.
package struct LearningStores: Sendable {
    typealias Remark = @Sendable (String) -> Void

    /// By the pipeline's name.
    let journal: @Sendable (_ pipeline: String, @escaping Remark) -> (any CorrectionJournal, any WordStore)
    let archive: @Sendable (_ pipeline: String, _ keeping: Int, @escaping Remark) -> any GenerationArchive

    /// In files of the state directory.
    static func ofThisMachine(in directory: StateDirectory) -> LearningStores {
        let folder = URL(filePath: directory.path).appending(path: "learning")
        return LearningStores(
            journal: { pipeline, remark in
                let journal = SQLiteJournal(
                    at: folder.appending(path: pipeline).appending(path: "journal.sqlite"), in: directory,
                    remark: remark)
                return (journal, journal)
            },
            archive: { pipeline, keeping, remark in
                FileArchive(
                    folder: folder.appending(path: pipeline).appending(path: "generations"), keeping: keeping,
                    in: directory, remark: remark)
            })
    }

    /// In the cell's database.
    package static func ofCell(_ cell: CellMembership) -> LearningStores {
        LearningStores(
            journal: { pipeline, remark in
                let journal = PostgreSQLCorrectionJournal(
                    in: cell.stores, pipeline: pipeline, ownership: cell.member, remark: remark)
                return (journal, journal)
            },
            archive: { pipeline, keeping, _ in
                PostgreSQLGenerationArchive(
                    in: cell.stores, pipeline: pipeline, keeping: keeping, ownership: cell.member)
            })
    }
}
