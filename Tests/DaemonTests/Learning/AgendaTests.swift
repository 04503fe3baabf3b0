import Adaptation
import Daemon
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

    @Test func aPersonsTraining_givesWayToNobody() {
        var agenda = Agenda()
        agenda.ask(ben)
        agenda.ask(everyone)
        #expect(!agenda.mustGiveWay(anna))
    }

    @Test func everyonesTraining_givesWay_butNotForEver() {
        var agenda = Agenda()
        #expect(!agenda.mustGiveWay(everyone))
        for _ in 0..<Agenda.patience {
            agenda.ask(anna)
            #expect(agenda.mustGiveWay(everyone))
            agenda.putOff(everyone)
            #expect(agenda.next() == anna)
            #expect(agenda.next() == everyone)
        }
        agenda.ask(anna)
        #expect(!agenda.mustGiveWay(everyone))
        agenda.done(everyone)
        #expect(agenda.mustGiveWay(everyone))
    }

    @Test func whatIsWithdrawn_isNotDone() {
        var agenda = Agenda()
        agenda.ask(anna)
        agenda.ask(ben)
        agenda.withdraw(anna)
        #expect(agenda.next() == ben)
    }
}
