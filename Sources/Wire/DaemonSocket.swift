/// One of the daemon's sockets, by its name in the configuration and in the runtime directory.
package enum DaemonSocket: String, CaseIterable, Sendable {
    case ink, features, labels, control
}
