package import FeedbackStore

// The store's module has a class of its own name, so its types cannot be told from the control
// API's by module; here they get a name that is theirs alone.

package typealias StoredPromotion = Promotion
package typealias StoredFeedbackCounts = FeedbackCounts
package typealias StoredLabelBudget = LabelBudget
