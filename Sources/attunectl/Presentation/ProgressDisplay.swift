package import ControlAPI
import Foundation
import Synchronization

/// Shows how far a long work is: one line that redraws itself on a terminal, plain lines elsewhere.
package final class ProgressDisplay: Sendable {
    package enum Style: Equatable, Sendable {
        case bar(width: Int)
        /// A line when the phase changes and about every tenth of it.
        case lines
        case silent
    }

    private struct State {
        var phase = ""
        var phaseStart: ContinuousClock.Instant
        var lastDrawn: ContinuousClock.Instant?
        var lastTenth = 0
        var isBarShown = false
    }

    private let style: Style
    private let write: @Sendable (String) -> Void
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    package init(
        style: Style, write: @escaping @Sendable (String) -> Void,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.style = style
        self.write = write
        self.now = now
        state = Mutex(State(phaseStart: now()))
    }

    /// Whatever ended the work, what is written next stands on a line of its own.
    deinit { clear() }

    package func update(_ progress: WorkProgress) {
        state.withLock { state in
            let isNewPhase = progress.phase != state.phase
            if isNewPhase {
                state.phase = progress.phase
                state.phaseStart = now()
                state.lastTenth = 0
            }
            switch style {
            case .silent: break
            case .bar(let width): redraw(progress, width, always: isNewPhase, &state)
            case .lines: writeLine(progress, always: isNewPhase, &state)
            }
        }
    }

    /// Takes the bar away, so that other output can follow.
    package func clear() {
        state.withLock { state in
            if state.isBarShown { write("\r\u{1B}[K") }
            state.isBarShown = false
        }
    }

    private func redraw(_ progress: WorkProgress, _ width: Int, always: Bool, _ state: inout State)
    {
        let isEnd = progress.done == progress.total
        if let last = state.lastDrawn, !always, !isEnd, now() - last < .milliseconds(80) { return }
        state.lastDrawn = now()
        state.isBarShown = true
        let line = Self.bar(progress, elapsed: now() - state.phaseStart)
        write("\r" + line.prefix(width - 1) + "\u{1B}[K")
    }

    private func writeLine(_ progress: WorkProgress, always: Bool, _ state: inout State) {
        let tenth = progress.total.map { $0 > 0 ? progress.done * 10 / $0 : 0 } ?? 0
        guard always || tenth > state.lastTenth else { return }
        state.lastTenth = tenth
        write(Self.summary(progress) + "\n")
    }

    /// `training   ████████░░░░░░░░  50/100  loss 0.6931  1m02s left`
    static func bar(_ progress: WorkProgress, elapsed: Duration) -> String {
        var parts = [progress.phase.padding(toLength: 10, withPad: " ", startingAt: 0)]
        if let total = progress.total, total > 0 {
            let filled = min(max(progress.done * 24 / total, 0), 24)
            parts.append(
                String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled))
        }
        parts.append(counts(progress))
        parts += details(progress)
        if let total = progress.total, progress.done > 0, total > progress.done,
            elapsed > .seconds(2)
        {
            let left = elapsed * (Double(total - progress.done) / Double(progress.done))
            parts.append("\(Format.duration(left / .seconds(1))) left")
        }
        return parts.joined(separator: "  ")
    }

    /// `training 50/100  loss 0.6931`
    static func summary(_ progress: WorkProgress) -> String {
        (["\(progress.phase) \(counts(progress))"] + details(progress)).joined(separator: "  ")
    }

    private static func counts(_ progress: WorkProgress) -> String {
        progress.total.map { "\(progress.done)/\($0)" } ?? "\(progress.done)"
    }

    /// The figures a person looks for first; of others there is room for what is left of four.
    private static let favourites = ["loss", "rewards/margins", "rewards/accuracies"]

    private static func details(_ progress: WorkProgress) -> [String] {
        let figures = progress.figures ?? [:]
        let names =
            favourites.filter { figures[$0] != nil }
            + figures.keys.filter { !favourites.contains($0) }.sorted()
        return names.prefix(4).map { "\($0) \(Format.figure(figures[$0] ?? .nan))" }
            + [progress.message].compactMap(\.self)
    }
}

extension WorkProgress {
    /// Work that is counted in bytes, in hundredths of all of it.
    package static func share(
        phase: String, done: Int64, total: Int64, message: String
    ) -> WorkProgress {
        let percent = total > 0 ? Int(Double(done) / Double(total) * 100) : 100
        return WorkProgress(phase: phase, done: percent, total: 100, message: message)
    }
}
