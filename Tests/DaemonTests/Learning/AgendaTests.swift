import DuctusAdaptation
import DuctusDaemon
import Testing

@Suite struct AgendaTests {
    private let anna = Agenda.Task(.writer("anna"), in: "ink")
    private let ben = Agenda.Task(.writer("ben"), in: "ink")
    private let everyone = Agenda.Task(.shared, in: "ink")

    @Test func peopleComeFirst_inTheirOrder_eachOnce() {
        var agenda = Agenda()
        for task in [everyone, anna, ben, anna] { agenda.ask(task) }
        #expect([agenda.next(), agenda.next(), agenda.next(), agenda.next()] == [anna, ben, everyone, nil])
    }

    @Test func aPersonsTraining_isInterruptedForNobody() {
        var agenda = Agenda()
        agenda.ask(ben)
        agenda.ask(everyone)
        #expect(agenda.next(aheadOf: anna) == nil)
        #expect(agenda.next() == ben)
    }

    @Test func everyonesTraining_isInterruptedForPeople_andForNothingElse() {
        var agenda = Agenda()
        #expect(agenda.next(aheadOf: everyone) == nil)
        for task in [Agenda.Task(.shared, in: "sensor"), anna, ben] { agenda.ask(task) }
        #expect(
            [agenda.next(aheadOf: everyone), agenda.next(aheadOf: everyone), agenda.next(aheadOf: everyone)] == [
                anna, ben, nil,
            ])
        #expect(agenda.next() == .init(.shared, in: "sensor"))
    }

    @Test func whatIsWithdrawn_isNotDone() {
        var agenda = Agenda()
        agenda.ask(anna)
        agenda.ask(ben)
        agenda.withdraw(anna)
        #expect(agenda.next() == ben)
    }
}
