import DuctusAdaptation
import DuctusCluster
import Foundation

/// The stores of a pipeline's corrections, words and generations.
package struct LearningStores: Sendable {
    typealias Remark = @Sendable (String) -> Void

    /// Makes the journal of a pipeline, by its name.
    let journal: @Sendable (_ pipeline: String, @escaping Remark) -> (any CorrectionJournal, any WordStore)
    let archive: @Sendable (_ pipeline: String, _ keeping: Int, @escaping Remark) -> any GenerationArchive

    /// The stores in files of the state directory.
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

    /// The stores in the cell's database.
    package static func ofCell(_ cell: CellParts) -> LearningStores {
        LearningStores(
            journal: { pipeline, remark in
                let journal = PostgreSQLCorrectionJournal(
                    in: cell.stores, training: cell.training, pipeline: pipeline, ownership: cell.claims,
                    remark: remark)
                return (journal, journal)
            },
            archive: { pipeline, keeping, _ in
                PostgreSQLGenerationArchive(
                    in: cell.stores, reading: cell.weights, training: cell.training, pipeline: pipeline,
                    keeping: keeping, ownership: cell.claims)
            })
    }
}
