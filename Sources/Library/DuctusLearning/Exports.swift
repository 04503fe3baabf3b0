import DuctusAdaptation

/// A correction that was kept, with its number and what becomes of it.
public typealias JournaledCorrection = DuctusAdaptation.JournaledCorrection
/// Why a correction is not taken.
public typealias CorrectionFault = DuctusAdaptation.CorrectionFault
/// The events of a model that learns: trials with their verdicts, failures, rollbacks.
public typealias LearningEvent = DuctusAdaptation.LearningEvent
/// One immutable set of weights by its name: whose it is, and its number.
public typealias GenerationName = DuctusAdaptation.GenerationName
/// Corrections of a writer, or of streams that name nobody.
public typealias CorrectionOwner = DuctusAdaptation.CorrectionOwner
