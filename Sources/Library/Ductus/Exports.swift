import DuctusDecoding
import DuctusDocuments
import DuctusDrawing
import DuctusInk
import DuctusPages
import DuctusRecognition
import DuctusStreaming

// The types of the rooms below that a program which reads ink meets. They keep their own documentation.

// MARK: Ink

/// One report of a pen: place, and time, pressure and tilt where the device tells them.
public typealias Sample = DuctusInk.Sample
/// Samples from pen down to pen up.
public typealias Stroke = DuctusInk.Stroke
/// A box around ink, in the units of the ink.
public typealias Bounds = DuctusInk.Bounds
/// The turn of a tablet.
public typealias QuarterTurn = DuctusInk.QuarterTurn

// MARK: Models and recognition

/// A model folder in memory. Immutable; one serves any number of recognizers, readers and threads.
public typealias Model = DuctusRecognition.Model
/// Why a model cannot be used.
public typealias ModelError = DuctusRecognition.ModelError
/// Reads one line of ink at a time. Used by one thread at a time.
public typealias Recognizer = DuctusRecognition.Recognizer
/// The text of a line, its symbols with their ink, and other readings.
public typealias Recognition = DuctusRecognition.Recognition
/// One symbol of a recognition.
public typealias RecognizedSymbol = DuctusRecognition.RecognizedSymbol
/// One word of a recognition, with candidates.
public typealias RecognizedWord = DuctusRecognition.RecognizedWord
/// Words that a recognizer expects beside its model's.
public typealias Lexicon = DuctusDecoding.Lexicon
/// Vectors of a sensor at a fixed rate.
public typealias SensorVectors = DuctusRecognition.SensorVectors
/// Labels whole recordings of a sensor.
public typealias SensorRecognizer = DuctusRecognition.SensorRecognizer

// MARK: Pages

/// Reads whole pages: finds lines, columns and drawings, and reads the lines with a recognizer.
public typealias PageReader = DuctusPages.PageReader
/// Whether ink is one line or a page.
public typealias LayoutChoice = DuctusPages.LayoutChoice
/// The lines and drawings of a page, in reading order.
public typealias ReadPage = DuctusInk.ReadPage
/// A line of text, or a drawing.
public typealias ReadPiece = DuctusInk.ReadPiece
/// One word of a line of a page.
public typealias ReadWord = DuctusInk.ReadWord

// MARK: Files and pictures

/// Files of ink in all formats that are read, told apart by their content.
public typealias InkFile = DuctusDocuments.InkFile
/// One page of such a file.
public typealias InkPage = DuctusDocuments.InkPage
/// One piece of ink with its text, where the file has one.
public typealias InkLine = DuctusInk.InkLine
/// Draws ink, with or without what was read in it.
public typealias InkPicture = DuctusInk.InkPicture
/// Text that a picture shows under its ink.
public typealias InkLabel = DuctusInk.InkLabel
/// A picture, written as SVG or PNG.
public typealias Drawing = DuctusDrawing.Drawing
