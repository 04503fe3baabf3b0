import DuctusCluster
import Foundation
import Testing

@Suite(.enabled(if: PostgreSQLServer.isInstalled, "needs PostgreSQL 15")) struct WorkQueueTests {
    private let database: PostgreSQLDatabase
    private let queue: WorkQueue

    init() throws {
        database = try PostgreSQLServer.shared().database()
        queue = WorkQueue("scans", in: database)
    }

    @Test func eachPageIsTakenOnceAndItsResultKept() throws {
        #expect(try queue.add(["a#1", "a#2", "b#1"]) == 3 && queue.add(["a#2", "c#1"]) == 1)
        let first = try #require(try queue.take(for: "one", seconds: 60))
        let second = try #require(try queue.take(for: "two", seconds: 60))
        #expect(first.number == 0 && first.page == "a#1" && first.attempt == 1 && second.page == "a#2")
        #expect(try queue.finish(first, for: "one", result: [1]))
        #expect(try queue.finish(first, for: "one", result: [1]), "a commit whose answer was lost is asked for again")
        #expect(try !queue.finish(second, for: "one", result: [2]), "it is the other's")
        #expect(try queue.renew(second, for: "two", seconds: 60) && !queue.renew(second, for: "one", seconds: 60))
        let figures = try queue.figures()
        #expect(figures.open == 2 && figures.taken == 1 && figures.done == 1 && figures.aside == 0)
        #expect(try queue.results(after: -1, limit: 9).map(\.result) == [[1]])
        #expect(try WorkQueue("others", in: database).take(for: "one", seconds: 60) == nil)
    }

    @Test func aPageThatOutlivesThreeWorkersIsSetAside() throws {
        _ = try queue.add(["poison#1", "good#1"])
        for attempt in 1...3 {
            let item = try #require(try queue.take(for: "worker-\(attempt)", seconds: 0.05))
            #expect(item.page == "poison#1" && item.attempt == attempt)
            Thread.sleep(forTimeInterval: 0.1)
        }
        let next = try #require(try queue.take(for: "worker-4", seconds: 60))
        #expect(next.page == "good#1")
        let aside = try queue.aside()
        #expect(aside.map(\.page) == ["poison#1"] && aside[0].reason.contains("3 times, last worker-3"))
        #expect(try queue.retry() == 1 && queue.take(for: "worker-5", seconds: 60)?.attempt == 1)
    }

    @Test func aLateWorkerStoresNothing() throws {
        _ = try queue.add(["a#1"])
        let late = try #require(try queue.take(for: "late", seconds: 0.05))
        Thread.sleep(forTimeInterval: 0.1)
        let item = try #require(try queue.take(for: "next", seconds: 60))
        #expect(try !queue.finish(late, for: "late", result: [1]) && queue.finish(item, for: "next", result: [2]))
        #expect(try queue.results(after: -1, limit: 9).map(\.result) == [[2]])
    }

    @Test func whatCannotBeReadIsSetAsideWithItsReason() throws {
        _ = try queue.add(["a#1"])
        let item = try #require(try queue.take(for: "one", seconds: 60))
        try queue.setAside(item, for: "one", because: "no ink")
        #expect(try queue.aside().map(\.reason) == ["no ink"] && queue.take(for: "one", seconds: 60) == nil)
    }
}
