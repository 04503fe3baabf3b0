import ArgumentParser
import DuctusCluster
import DuctusDaemon
import Foundation

/// The options that name a cell's database.
struct DatabaseOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The cell's database, as libpq takes it: postgresql://ductus@db1,db2/ductus.",
            discussion: "Default: DUCTUS_CLUSTER_DATABASE, else cluster.database of this machine's configuration."))
    var database: String?

    func open() throws -> PostgreSQLDatabase {
        if let database { return PostgreSQLDatabase(database) }
        let environment = ProcessInfo.processInfo.environment
        if let variable = environment["DUCTUS_CLUSTER_DATABASE"], !variable.isEmpty {
            return PostgreSQLDatabase(variable)
        }
        guard
            let configured = try? ConfigurationLoader(environment: environment).load().configuration.cluster.database
        else {
            throw ValidationError(
                "no cell's database: give --database, or set cluster.database in this machine's configuration")
        }
        return PostgreSQLDatabase(configured)
    }
}
