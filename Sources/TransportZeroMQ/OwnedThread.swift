import CDuctusZeroMQ
import Glibc

/// A thread of our own that runs one function and can be joined.
///
/// Unchecked, because `identifier` is written once before anybody else sees the object and the system's thread
/// functions may be called with it from any thread.
final class OwnedThread: @unchecked Sendable {
    private final class Work {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let identifier: pthread_t

    /// - Parameter name: Shown by `top -H`; at most 15 bytes of it.
    init(name: String, _ run: @escaping @Sendable () -> Void) throws(TransportFault) {
        let work = Unmanaged.passRetained(
            Work {
                ductus_name_this_thread(String(decoding: name.utf8.prefix(15), as: UTF8.self))
                run()
            })
        var identifier = pthread_t()
        let code = pthread_create(
            &identifier, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            }, work.toOpaque())
        guard code == 0 else {
            work.release()
            throw .thread(code: code)
        }
        self.identifier = identifier
    }

    /// Waits until the function has returned. Call it once, from another thread.
    func join() { pthread_join(identifier, nil) }
}
