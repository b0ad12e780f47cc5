import AttuneDaemon
import Foundation
import Synchronization
import Testing

/// A round as a guest, on a clock that the test moves.
@Suite struct TrainingPaceTests {
    private final class Machine: Sendable {
        private let state = Mutex((now: ContinuousClock.now, pressure: 0.0, onBattery: false))

        var now: ContinuousClock.Instant { state.withLock { $0.now } }

        func advance(_ duration: Duration) { state.withLock { $0.now += duration } }
        func set(pressure: Double) { state.withLock { $0.pressure = pressure } }
        func set(onBattery: Bool) { state.withLock { $0.onBattery = onBattery } }

        var surroundings: TrainingPace.Surroundings {
            TrainingPace.Surroundings(
                pressure: { self.state.withLock { $0.pressure } },
                isOnBattery: { self.state.withLock { $0.onBattery } })
        }
    }

    private let machine = Machine()

    private func pace(
        _ change: (inout DaemonConfiguration.Pace) -> Void = { _ in }
    ) -> TrainingPace {
        var limits = DaemonConfiguration().training.pace
        change(&limits)
        return TrainingPace(limits, surroundings: machine.surroundings, now: { machine.now })
    }

    /// Works in pieces of 7 ms and gives the share of the time that was work.
    private func share(_ pace: TrainingPace, pieces: Int = 1000) -> Double {
        let began = machine.now
        for _ in 0..<pieces {
            machine.advance(.milliseconds(7))
            pace.rest {
                machine.advance($0)
                return true
            }
        }
        return Double(7 * pieces) / 1000 / ((machine.now - began) / .seconds(1))
    }

    @Test func aQuietMachineIsUsedInFull() {
        let pace = pace()
        #expect(share(pace) == 1)
        #expect(pace.reason == nil)
    }

    @Test(arguments: [0.1, 0.25, 0.5, 0.9]) func theDutyCycleIsTheShareOfWork(_ duty: Double) {
        let pace = pace { $0.dutyCycle = duty }
        #expect(abs(share(pace) - duty) < 0.01)
        #expect(pace.reason == .dutyCycle)
    }

    @Test func aBusyMachineGetsMoreOfItselfUntilItIsQuiet() {
        let pace = pace { $0.busyDutyCycle = 0.25 }
        machine.set(pressure: 59)
        #expect(share(pace) == 1)
        machine.set(pressure: 60)
        machine.advance(.seconds(2))
        pace.workedForOthers()
        #expect(abs(share(pace) - 0.25) < 0.02)
        #expect(pace.reason == .othersAreBusy)
        machine.set(pressure: 59 * 0.25)
        machine.advance(.seconds(2))
        pace.workedForOthers()
        #expect(abs(share(pace) - 0.25) < 0.02, "a resting round waits less among as many others")
        machine.set(pressure: 3)
        machine.advance(.seconds(2))
        pace.workedForOthers()
        #expect(share(pace) == 1)
        #expect(pace.reason == nil)
    }

    @Test func pressureCountsOnlyIfSoSet() {
        machine.set(pressure: 100)
        #expect(share(pace { $0.busyPressure = 0 }) == 1)
    }

    @Test func onBatteryItWaitsForMainsIfSoSet() {
        machine.set(onBattery: true)
        #expect(share(pace()) == 1)
        let pace = pace { $0.onBattery = .wait }
        var naps = 0
        pace.rest {
            machine.advance($0)
            naps += 1
            if naps == 100 { machine.set(onBattery: false) }
            return true
        }
        #expect((100...141).contains(naps), "mains is noticed within two seconds")
        #expect(pace.reason == nil)
    }

    @Test func aRestEndsAtOnceWhenTheRoundIsCancelled() {
        machine.set(onBattery: true)
        let pace = pace { $0.onBattery = .wait }
        var naps = 0
        pace.rest { _ in
            naps += 1
            return naps < 3
        }
        #expect(naps == 3)
    }

    @Test func workForPeopleIsNotTheRounds() {
        let pace = pace { $0.dutyCycle = 0.5 }
        machine.advance(.seconds(10))
        pace.workedForOthers()
        pace.rest { _ in
            Issue.record("there was nothing to rest from")
            return false
        }
    }

    @Test func aNightAsleepIsNotPaidBack() {
        let pace = pace { $0.dutyCycle = 0.5 }
        machine.advance(.seconds(8 * 3600))
        var rested = Duration.zero
        pace.rest {
            machine.advance($0)
            rested += $0
            return true
        }
        #expect(rested <= .seconds(10))
    }

    @Test func pressureIsReadAsTheKernelWritesIt() {
        let text =
            "some avg10=12.34 avg60=5.00 avg300=1.00 total=1\nfull avg10=99.00 avg60=0 total=0\n"
        #expect(CPUPressure.percentage(in: text) == 12.34)
        for other in ["", "some", "full avg10=1 total=0", "some avg10=x"] {
            #expect(CPUPressure.percentage(in: other) == nil)
        }
    }

    @Test func batteryMeansThatNoSupplyIsOnline() throws {
        let directory = TemporaryDirectory.path()
        defer { TemporaryDirectory.remove(directory) }
        func supply(_ name: String, type: String, online: String) throws {
            let place = directory + "/" + name
            try FileManager.default.createDirectory(
                atPath: place, withIntermediateDirectories: true)
            try "\(type)\n".write(toFile: place + "/type", atomically: false, encoding: .utf8)
            try "\(online)\n".write(toFile: place + "/online", atomically: false, encoding: .utf8)
        }
        let power = PowerSupply(directory: directory)
        #expect(!power.isOnBattery, "a machine without supplies is a desktop")
        try supply("BAT0", type: "Battery", online: "")
        try supply("AC", type: "Mains", online: "0")
        #expect(power.isOnBattery)
        try FileManager.default.removeItem(atPath: directory + "/AC")
        try supply("USBC", type: "USB", online: "0")
        #expect(power.isOnBattery, "a machine that is charged by USB only")
        try supply("AC", type: "Mains", online: "0")
        try supply("USBC", type: "USB", online: "1")
        #expect(!power.isOnBattery)
        try supply("USBC", type: "USB", online: "0")
        try supply("AC", type: "Mains", online: "1")
        #expect(!power.isOnBattery)
    }
}
