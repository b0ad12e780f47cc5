public import Foundation

/// One base model.
public struct ModelReport: JSONBody, Hashable {
    public var name: String
    public var path: String
    /// The SHA-256 of the GGUF file.
    public var fingerprint: String
    public var size: Int64
    public var architecture: String
    public var layers: Int
    public var width: Int
    public var contextLength: Int
    public var vocabularySize: Int
    public var inUse: Bool
    public var addedAt: Date

    public init(
        name: String, path: String, fingerprint: String, size: Int64, architecture: String,
        layers: Int, width: Int, contextLength: Int, vocabularySize: Int, inUse: Bool,
        addedAt: Date
    ) {
        self.name = name
        self.path = path
        self.fingerprint = fingerprint
        self.size = size
        self.architecture = architecture
        self.layers = layers
        self.width = width
        self.contextLength = contextLength
        self.vocabularySize = vocabularySize
        self.inUse = inUse
        self.addedAt = addedAt
    }
}

/// A GGUF file to register.
public struct ModelAddition: JSONBody, Hashable {
    /// An absolute path on the daemon's host.
    public var path: String
    /// What to call it; the file's own name unless said.
    public var name: String?

    public init(path: String, name: String? = nil) {
        self.path = path
        self.name = name
    }
}

/// Text to turn into tokens, or tokens to turn into text: exactly one of the two.
public struct TokenizationOrder: JSONBody, Hashable {
    public var text: String?
    /// Parse special tokens inside the text; they are plain text unless said.
    public var special: Bool?
    public var tokens: [Int32]?

    public init(text: String, special: Bool? = nil) {
        self.text = text
        self.special = special
    }

    public init(tokens: [Int32]) {
        self.tokens = tokens
    }
}

/// Tokens and the text they stand for.
public struct Tokenization: JSONBody, Hashable {
    public var tokens: [Int32]
    /// The text of each token alone; a token that is not whole UTF-8 shows replacement characters.
    public var pieces: [String]
    public var text: String

    public init(tokens: [Int32], pieces: [String], text: String) {
        self.tokens = tokens
        self.pieces = pieces
        self.text = text
    }
}
