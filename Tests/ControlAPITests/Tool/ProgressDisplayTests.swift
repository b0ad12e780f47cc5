import ControlAPI
import Synchronization
import Testing
import attunectl

@Suite struct ProgressDisplayTests {
    /// Runs `body` with a display whose clock a test sets, and returns what was written.
    private func written(
        _ style: ProgressDisplay.Style, _ body: (ProgressDisplay, (Duration) -> Void) -> Void
    ) -> [String] {
        let texts = Mutex<[String]>([])
        let start = ContinuousClock.now
        let time = Mutex(start)
        withExtendedLifetime(time) {
            let display = ProgressDisplay(
                style: style, write: { text in texts.withLock { $0.append(text) } },
                now: { time.withLock { $0 } })
            body(display) { passed in time.withLock { $0 = start + passed } }
        }
        return texts.withLock { $0 }
    }

    @Test func plainLinesComeByPhaseAndTenth() {
        let lines = written(.lines) { display, _ in
            for done in 0...100 {
                display.update(WorkProgress(phase: "training", done: done, total: 100))
            }
            display.update(WorkProgress(phase: "evaluating", done: 0, figures: ["loss": 0.5]))
            display.clear()
        }
        #expect(lines.count == 12)
        #expect(lines.first == "training 0/100\n")
        #expect(lines[1] == "training 10/100\n")
        #expect(lines.last == "evaluating 0  loss 0.5000\n")
    }

    @Test func theBarIsRedrawnInPlaceAndTakenAway() {
        let texts = written(.bar(width: 60)) { display, pass in
            display.update(WorkProgress(phase: "training", done: 0, total: 100))
            display.update(WorkProgress(phase: "training", done: 1, total: 100))
            pass(.seconds(10))
            display.update(WorkProgress(phase: "training", done: 50, total: 100))
            display.clear()
            display.clear()
        }
        #expect(texts.count == 3)
        #expect(
            texts[1]
                == "\rtraining    ████████████░░░░░░░░░░░░  50/100  10.0 s left\u{1B}[K")
        #expect(texts[2] == "\r\u{1B}[K")
    }

    @Test func aNarrowTerminalCutsTheBar() {
        let texts = written(.bar(width: 10)) { display, _ in
            display.update(WorkProgress(phase: "training", done: 0, total: 100))
        }
        #expect(texts.first == "\rtraining \u{1B}[K")
    }

    @Test func theFiguresPeopleLookForComeFirst() {
        let lines = written(.lines) { display, _ in
            display.update(
                WorkProgress(
                    phase: "training", done: 1,
                    figures: ["a": 1, "b": 1, "c": 1, "loss": 0.5, "rewards/margins": 2]))
            display.update(.share(phase: "pushing", done: 1 << 20, total: 4 << 20, message: "m"))
        }
        #expect(
            lines == [
                "training 1  loss 0.5000  rewards/margins 2.0000  a 1.0000  b 1.0000\n",
                "pushing 25/100  m\n",
            ])
    }

    @Test func silenceIsSilent() {
        let texts = written(.silent) { display, _ in
            display.update(WorkProgress(phase: "training", done: 0, total: 100))
            display.clear()
        }
        #expect(texts.isEmpty)
    }

    @Test func theBarGoesWithTheWork() {
        let texts = written(.bar(width: 60)) { display, _ in
            display.update(WorkProgress(phase: "training", done: 0, total: 100))
        }
        #expect(texts.last == "\r\u{1B}[K")
    }
}
