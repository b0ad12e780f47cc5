/// A token's index in the vocabulary.
public typealias TokenID = Int32
