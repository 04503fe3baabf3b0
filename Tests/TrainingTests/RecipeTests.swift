import DuctusNetwork
import DuctusTraining
import Foundation
import Testing

@Suite struct RecipeTests {
    @Test func keysThatAreLeftOutKeepTheirBuiltInValues() throws {
        let json = #"{"optimization": {"epochs": 7}, "sampling": {"shares": {"words.ndjson.gz": 0.25}}}"#
        let recipe = try JSONDecoder().decode(Recipe.self, from: Data(json.utf8))
        #expect(recipe.optimization.epochs == 7)
        #expect(recipe.optimization.learningRate == Recipe().optimization.learningRate)
        #expect(recipe.sampling.shares == ["words.ndjson.gz": 0.25])
        #expect(recipe.layers == Recipe().layers)
    }

    @Test func survivesItsFile() throws {
        var recipe = Recipe()
        recipe.augmentation.shear = 0.2
        let decoded = try JSONDecoder().decode(Recipe.self, from: JSONEncoder().encode(recipe))
        #expect(decoded == recipe)
    }

    @Test func theReferenceNetworkHasTheSizeOfTheShippedModel() throws {
        let architecture = try Recipe().architecture(classes: 96)
        #expect(architecture.parameterCount == 633_696)
        #expect(architecture.stride == 2)
    }

    @Test func anAugmentationMayLeaveKeysOutToo() throws {
        let recipe = try JSONDecoder().decode(Recipe.self, from: Data(#"{"augmentation": {"shear": 0.2}}"#.utf8))
        #expect(recipe.augmentation.shear == 0.2 && recipe.augmentation.warpKnot == Recipe().augmentation.warpKnot)
    }

    @Test(arguments: [
        #"{"optimization": {"framesPerBatch": 0}}"#, #"{"optimization": {"beta2": 1}}"#,
        #"{"augmentation": {"masks": -1}}"#,
        #"{"augmentation": {"maskLength": 9223372036854775807}}"#, #"{"sampling": {"shares": {"a": 2}}}"#,
        #"{"vectorAugmentation": {"timeMasks": -5}}"#, #"{"optimization": {"labelSmoothing": 2}}"#,
        #"{"task": "frameLabels", "smoothing": {"transitionWeight": -1}}"#, #"{"sampling": {"pieceFrames": 0}}"#,
        #"{"smoothing": {}}"#,
        #"{"task": "frameLabels", "output": "conditionalRandomField", "optimization": {"labelSmoothing": 0.1}}"#,
    ])
    func numbersThatNoRunCouldWorkWithAreRefused(json: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(Recipe.self, from: Data(json.utf8)) }
    }

    @Test func widthsBeyondAllBoundsAreRefusedBeforeTheyAreMultiplied() throws {
        var recipe = Recipe()
        recipe.layers = [.recurrent(.init(cell: .lstm, in: 9, hidden: .max))]
        #expect(throws: ArchitectureError.self) { try recipe.architecture(classes: 96) }
    }

    @Test func aBadFileIsRefusedByName() {
        let missing = URL(filePath: "/nonexistent/recipe.json")
        #expect { try Recipe(contentsOf: missing) } throws: { "\($0)".contains("/nonexistent/recipe.json") }
    }

    /// The recipes that come with the program make networks.
    @Test(arguments: [
        "an4", "english", "hapt", "hapt-crf", "hapt-u-shape", "iam-ondb", "movement", "spelled-out",
        "spelling", "written-ink",
    ])
    func everyRecipeMakesANetwork(name: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let recipe = try Recipe(contentsOf: root.appending(path: "models/\(name)/recipe.json"))
        #expect((recipe.task == .sequenceToSequence) == (recipe.sequence != nil))
        guard let sequence = recipe.sequence else {
            let architecture = try recipe.architecture(classes: 12)
            #expect(architecture.output == 12)
            return
        }
        let isText = sequence.source == .text
        let architecture = try sequence.architecture(
            encoder: recipe.layers, input: isText ? 1 : recipe.input.dimension, sourceClasses: isText ? 40 : nil,
            classes: 42)
        #expect(architecture.output == 42 && architecture.otherInputs == [1])
        #expect(architecture.heads.isEmpty == (sequence.connectionist == 0))
    }
}
