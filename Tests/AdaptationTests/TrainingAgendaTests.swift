import DuctusAdaptation
import Testing

@Suite struct TrainingAgendaTests {
    private let anna = TrainingAgenda.Task(.writer("anna"), in: "ink")
    private let ben = TrainingAgenda.Task(.writer("ben"), in: "ink")
    private let everyone = TrainingAgenda.Task(.shared, in: "ink")

    @Test func peopleComeFirst_inTheirOrder_eachOnce() {
        var agenda = TrainingAgenda()
        for task in [everyone, anna, ben, anna] { agenda.ask(task) }
        #expect([agenda.next(), agenda.next(), agenda.next(), agenda.next()] == [anna, ben, everyone, nil])
    }

    @Test func aPersonsTraining_isInterruptedForNobody() {
        var agenda = TrainingAgenda()
        agenda.ask(ben)
        agenda.ask(everyone)
        #expect(agenda.next(aheadOf: anna) == nil)
        #expect(agenda.next() == ben)
    }

    @Test func everyonesTraining_isInterruptedForPeople_andForNothingElse() {
        var agenda = TrainingAgenda()
        #expect(agenda.next(aheadOf: everyone) == nil)
        for task in [TrainingAgenda.Task(.shared, in: "sensor"), anna, ben] { agenda.ask(task) }
        #expect(
            [agenda.next(aheadOf: everyone), agenda.next(aheadOf: everyone), agenda.next(aheadOf: everyone)] == [
                anna, ben, nil,
            ])
        #expect(agenda.next() == .init(.shared, in: "sensor"))
    }

    @Test func whatIsWithdrawn_isNotDone() {
        var agenda = TrainingAgenda()
        agenda.ask(anna)
        agenda.ask(ben)
        agenda.withdraw(anna)
        #expect(agenda.next() == ben)
    }
}
