/// The program's version, as commands and status give it.
package enum Release {
    package static let version = "0.2.0"
}
