/// Makes a round a guest on the machine: it rests between pieces of work, more while others need
/// the processor, and all the time on battery if so set.
///
/// Lives on the compute thread, for one run of one round.
package final class TrainingPace {
    /// What the machine is like; looked up at most once per `interval`.
    package struct Surroundings: Sendable {
        package var pressure: @Sendable () -> Double
        package var isOnBattery: @Sendable () -> Bool

        package init(
            pressure: @escaping @Sendable () -> Double,
            isOnBattery: @escaping @Sendable () -> Bool
        ) {
            self.pressure = pressure
            self.isOnBattery = isOnBattery
        }

        package static var real: Surroundings {
            let pressure = CPUPressure()
            let supply = PowerSupply()
            return Surroundings(
                pressure: { pressure?.percentage ?? 0 }, isOnBattery: { supply.isOnBattery })
        }
    }

    /// Why a round goes slower than it could.
    package enum Reason: String, Equatable, Sendable {
        case dutyCycle = "the duty cycle is set below 1"
        case othersAreBusy = "other processes need the processor"
        case onBattery = "the machine runs on battery"
    }

    private let limits: DaemonConfiguration.Pace
    private let surroundings: Surroundings
    private let now: () -> ContinuousClock.Instant
    /// When the work since the last rest began.
    private var resumedAt: ContinuousClock.Instant
    private var lookedAt: ContinuousClock.Instant?
    private var share = 1.0
    private var debt = Duration.zero
    /// nil while the round goes at full speed.
    package private(set) var reason: Reason?

    private static let interval = Duration.seconds(2)
    private static let longestPiece = Duration.seconds(10)
    /// Rests are no shorter than this, so that they are worth a sleep, and asked about as often.
    package static let slice = Duration.milliseconds(50)

    package init(
        _ limits: DaemonConfiguration.Pace, surroundings: Surroundings = .real,
        now: @escaping () -> ContinuousClock.Instant = { .now }
    ) {
        self.limits = limits
        self.surroundings = surroundings
        self.now = now
        resumedAt = now()
    }

    /// Rests as long as the work since the last call makes due.
    ///
    /// - Parameters:
    ///   - nap: sleeps for a slice and does what cannot wait; false ends the rest.
    /// - Postconditions: of the time since the start, a share of about the duty cycle was work.
    package func rest(_ nap: (Duration) -> Bool) {
        // A machine that was suspended, or a process that was stopped, did not work meanwhile.
        let worked = min(now() - resumedAt, Self.longestPiece)
        look()
        if share < 1 && share > 0 { debt += worked * (1 / share - 1) }
        if share == 1 { debt = .zero }
        while share == 0 || debt >= Self.slice {
            guard nap(Self.slice) else { break }
            debt -= Self.slice
            look()
            if share == 1 { debt = .zero }
        }
        resumedAt = now()
    }

    /// Takes the time since the last rest for somebody else's.
    package func workedForOthers() {
        resumedAt = now()
    }

    /// A round that rests waits for the processor less in the same surroundings, so what counts as
    /// busy then is less too, by a quarter more so that it does not turn to and fro.
    private var pressureLimit: Double {
        reason == .othersAreBusy ? limits.busyPressure * share * 0.75 : limits.busyPressure
    }

    private func look() {
        if let lookedAt, now() - lookedAt < Self.interval { return }
        lookedAt = now()
        if limits.onBattery == .wait && surroundings.isOnBattery() {
            (share, reason) = (0, .onBattery)
        } else if limits.busyPressure > 0 && limits.busyDutyCycle < limits.dutyCycle
            && surroundings.pressure() >= pressureLimit
        {
            (share, reason) = (limits.busyDutyCycle, .othersAreBusy)
        } else {
            (share, reason) = (limits.dutyCycle, limits.dutyCycle < 1 ? .dutyCycle : nil)
        }
        if share > 0 && debt < .zero { debt = .zero }
    }
}
