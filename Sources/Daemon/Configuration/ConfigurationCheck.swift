import DuctusInk
import DuctusTransportZeroMQ
import Foundation

/// The faults that show only when all keys are known: contradictions, missing files, endpoints open to the network.
struct ConfigurationCheck {
    private let configuration: Configuration
    private let locations: Locations
    private let places: [String: ConfigurationPlace]
    private let otherwise: ConfigurationPlace

    /// - Parameters:
    ///   - places: Where each key was written.
    ///   - otherwise: The place to name for a key that was not.
    init(
        _ configuration: Configuration, locations: Locations, places: [String: ConfigurationPlace],
        otherwise: ConfigurationPlace
    ) {
        self.configuration = configuration
        self.locations = locations
        self.places = places
        self.otherwise = otherwise
    }

    func faults() -> [ConfigurationFault] {
        endpointFaults() + securityFaults() + webFaults() + clusterFaults() + pipelineFaults() + fileFaults()
    }

    private func fault(_ problem: ConfigurationFault.Problem, _ key: String) -> ConfigurationFault {
        ConfigurationFault(problem, key: key, at: places[key] ?? otherwise)
    }

    private var endpoints: [(key: String, endpoint: Endpoint)] {
        let all = configuration.endpoints
        return
            (all.inputs.map { ($0.codec.input.rawValue, $0.endpoints) }
            + [("labels", all.labels), ("control", all.control)])
            .flatMap { name, endpoints in endpoints.map { ("endpoints.\(name)", locations.resolve($0)) } }
    }

    private func endpointFaults() -> [ConfigurationFault] {
        var seen: Set<Endpoint> = []
        var faults: [ConfigurationFault] = []
        for (key, endpoint) in endpoints {
            if !seen.insert(endpoint).inserted {
                faults.append(fault(.repeated(text: endpoint.description, what: "an endpoint"), key))
            }
            if let path = endpoint.path, path.utf8.count > 107 {
                faults.append(
                    fault(
                        .impossible(
                            reason: "the socket's path '\(path)' has more than 107 bytes",
                            remedy: "use a shorter runtime directory"),
                        key))
            }
        }
        if configuration.endpoints.control.isEmpty {
            faults.append(
                fault(
                    .impossible(
                        reason: "no control endpoint",
                        remedy: "without one nobody can ask for status; write ipc://control"), "endpoints.control"))
        }
        return faults
    }

    private func securityFaults() -> [ConfigurationFault] {
        let security = configuration.security
        var faults: [ConfigurationFault] = []
        if security.serverKey == nil || security.clients == nil {
            faults += endpoints.filter { $0.endpoint.scheme == .tcp }.map {
                fault(.unprotected(endpoint: $0.endpoint.description), $0.key)
            }
        }
        if let path = security.serverKey {
            do throws(KeyFileFault) {
                _ = try KeyFile.read(path)
            } catch {
                faults.append(fault(error.problem, "security.server_key"))
            }
        }
        if let path = security.clients {
            do throws(ConfigurationError) {
                _ = try AllowList(contentsOf: path)
            } catch {
                faults += error.faults
            }
        }
        return faults
    }

    /// Tokens travel in each request: where others can listen, only encrypted.
    private func webFaults() -> [ConfigurationFault] {
        let http = configuration.http
        guard let address = http.address else { return [] }
        var faults: [ConfigurationFault] = []
        if (http.certificate == nil) != (http.key == nil) {
            faults.append(
                fault(
                    .impossible(
                        reason: "a certificate and its key belong together",
                        remedy: "set both http.certificate and http.key, or neither"),
                    http.certificate == nil ? "http.key" : "http.certificate"))
        } else if http.certificate == nil, !http.isLoopback {
            faults.append(
                fault(
                    .impossible(
                        reason: "\(address) can be reached from other machines, and nothing encrypts what they send",
                        remedy:
                            "set http.certificate and http.key, or stay on 127.0.0.1 behind a proxy that encrypts, and name it in http.names"
                    ), "http.address"))
        }
        return faults
    }

    /// The other members of the cell could not erase what one machine keeps of people.
    private func clusterFaults() -> [ConfigurationFault] {
        guard configuration.cluster.database != nil, configuration.adaptation.reservoir else { return [] }
        return [
            fault(
                .impossible(
                    reason:
                        "a daemon of a cell keeps no reservoir: an erased writer's lines would stay on the other machines",
                    remedy: "set adaptation.reservoir to no"), "adaptation.reservoir")
        ]
    }

    private func pipelineFaults() -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        if configuration.pipelines.isEmpty {
            faults.append(fault(.missingKey(example: PipelineSettings.nameExample), "pipelines"))
        }
        for (index, pipeline) in configuration.pipelines.enumerated() {
            let key = "pipelines[\(pipeline.name)]"
            let rivals = configuration.pipelines[..<index].filter {
                $0.input == pipeline.input && $0.streams == pipeline.streams
            }
            if let rival = rivals.first {
                faults.append(
                    fault(
                        .impossible(
                            reason:
                                "reads the same streams as '\(rival.name)': \(pipeline.input.rawValue) with the prefix '\(pipeline.streams)'",
                            remedy: "give one of them another prefix"), key))
            }
            if pipeline.endpoint.idle < pipeline.endpoint.pause {
                faults.append(
                    fault(
                        .impossible(
                            reason:
                                "idle is shorter than pause, so a slow network would end segments that the pen did not",
                            remedy: "make idle at least as long as pause"), key + ".endpoint.idle"))
            }
            let largest = pipeline.endpoint.maximumSamples * MemoryLayout<Sample>.stride
            if pipeline.input.kind.readsStrokes, largest > configuration.limits.streamMemory {
                faults.append(
                    fault(
                        .impossible(
                            reason: "so many samples take \(largest >> 10) KiB, more than limits.stream_memory",
                            remedy: "lower it, or raise limits.stream_memory"), key + ".endpoint.maximum_samples"))
            }
            if pipeline.window.maximum < pipeline.window.chunk + pipeline.window.lookahead {
                faults.append(
                    fault(
                        .impossible(
                            reason: "a window of \(pipeline.window.maximum) frames cannot hold chunk + lookahead",
                            remedy: "make maximum at least \(pipeline.window.chunk + pipeline.window.lookahead)"),
                        key + ".window.maximum"))
            }
        }
        return faults
    }

    private func fileFaults() -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        let http = configuration.http
        for (key, path, what, remedy) in [
            ("http.certificate", http.certificate, "certificate", "name an existing file in PEM, or 'none'"),
            ("http.key", http.key, "private key", "name an existing file in PEM, or 'none'"),
            ("http.ink_service_keys", http.inkServiceKeys, "key file", "name an existing one, or 'none'"),
        ] {
            guard let path, !FileManager.default.fileExists(atPath: path) else { continue }
            faults.append(fault(.missingFile(path: path, what: what, remedy: remedy), key))
        }
        for pipeline in configuration.pipelines where locations.model(pipeline.model) == nil {
            let searched =
                pipeline.model.hasPrefix("/")
                ? "name an existing folder" : "searched in \(locations.models.joined(separator: ", "))"
            faults.append(
                fault(
                    .missingFile(path: pipeline.model, what: "model", remedy: searched),
                    "pipelines[\(pipeline.name)].model"))
        }
        if let canary = configuration.adaptation.canary, !FileManager.default.fileExists(atPath: canary) {
            faults.append(
                fault(
                    .missingFile(path: canary, what: "canary file", remedy: "name an existing one, or 'none'"),
                    "adaptation.canary"))
        }
        return faults
    }
}
