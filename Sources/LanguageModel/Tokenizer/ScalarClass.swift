/// The four classes of characters that pre-tokenizers tell apart.
enum ScalarClass: UInt8 {
    /// `\p{L}`
    case letter
    /// `\p{N}`
    case number
    /// `\s`: White_Space
    case space
    case other

    /// The class of a scalar in Unicode 16, which is what Hugging Face's regular expressions know.
    ///
    /// The standard library may know a later version; letters and digits it added since then are
    /// `other` here, so that token ids depend on the vocabulary alone, not on the toolchain.
    init(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            self = Self.ascii[Int(scalar.value)]
            return
        }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            self = Self.isPinned(properties) ? .letter : .other
        case .decimalNumber, .letterNumber, .otherNumber:
            self = Self.isPinned(properties) ? .number : .other
        default:
            self = properties.isWhitespace ? .space : .other
        }
    }

    private static func isPinned(_ properties: Unicode.Scalar.Properties) -> Bool {
        (properties.age?.major ?? .max) <= 16
    }

    private static let ascii: [ScalarClass] = (UInt8(0)..<128).map { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): .letter
        case UInt8(ascii: "0")...UInt8(ascii: "9"): .number
        case 9...13, 32: .space
        default: .other
        }
    }
}
