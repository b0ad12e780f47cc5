import ArgumentParser

/// A candidate of a label request: a letter as it is shown, or an index from 0.
package struct CandidateName: ExpressibleByArgument {
    package let index: Int

    package init(index: Int) {
        self.index = index
    }

    package init?(argument: String) {
        if let number = Int(argument), number >= 0 {
            index = number
        } else if let letter = argument.uppercased().unicodeScalars.first,
            argument.unicodeScalars.count == 1, ("A"..."Z").contains(letter)
        {
            index = Int(letter.value) - 65
        } else {
            return nil
        }
    }

    /// The letter, or from the 27th candidate on the index.
    package var letter: String {
        index < 26 ? String(UnicodeScalar(UInt8(65 + index))) : String(index)
    }
}

/// Numbers with commas between them.
package struct ScoreList: ExpressibleByArgument {
    package let values: [Double]

    package init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { Double($0) }
        guard values.count == parts.count, values.allSatisfy(\.isFinite) else { return nil }
        self.values = values
    }
}
