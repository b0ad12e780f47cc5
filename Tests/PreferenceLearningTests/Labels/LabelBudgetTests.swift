import PreferenceLearning
import Testing

@Suite struct LabelBudgetTests {
    @Test func theTighterLimitBinds() {
        let budget = LabelBudget(openLimit: 10, dailyLimit: 5)
        #expect(budget.remaining(open: 0, askedToday: 0) == 5)
        #expect(budget.remaining(open: 8, askedToday: 0) == 2)
        #expect(budget.remaining(open: 0, askedToday: 4) == 1)
        #expect(budget.remaining(open: 12, askedToday: 0) == 0)
        #expect(budget.remaining(open: 0, askedToday: 9) == 0)
    }

    @Test func aRoundSpreadsItsBudgetAndNeverExceedsIt() {
        for budget in [0, 1, 3, 7, 100] {
            var made = 0
            var perChunk: [Int] = []
            for walked in stride(from: 32, through: 320, by: 32) {
                let allowance = LabelBudget.allowance(
                    budget: budget, walked: walked, of: 320, made: made)
                perChunk.append(allowance)
                made += allowance
            }
            #expect(made == budget)
            #expect(perChunk.max()! <= (budget + 9) / 10 + 1)
        }
    }

    @Test func whatAnEarlierChunkLeavesALaterOneMayUse() {
        #expect(LabelBudget.allowance(budget: 10, walked: 50, of: 100, made: 0) == 5)
        #expect(LabelBudget.allowance(budget: 10, walked: 100, of: 100, made: 2) == 8)
        #expect(LabelBudget.allowance(budget: 10, walked: 20, of: 100, made: 5) == 0)
    }
}
