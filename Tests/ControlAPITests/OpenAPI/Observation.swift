import FeedbackFormats
import Foundation

/// One decoding of a type from made-up input, and what it asked for.
struct Observation {
    /// The members asked for, by name, and their types.
    private(set) var members: [String: any Decodable.Type] = [:]
    /// Members whose presence was asked about, and members that were decoded.
    private(set) var asked: Set<String> = []
    private(set) var decoded: Set<String> = []
    private(set) var succeeded = false

    /// - Parameter present: The one optional member that is there; none if nil.
    init(of type: any Decodable.Type, present: String?) {
        let log = Log(present: present)
        succeeded = (try? type.init(from: MadeUpDecoder(log: log))) != nil
        members = log.members
        asked = log.asked
        decoded = log.decoded
    }

    /// For a type that is one string: its format if it has a known one, else an empty word; nil for other types.
    static func plainText(of type: any Decodable.Type) -> String?? {
        for (text, format) in MadeUpDecoder.texts {
            let log = Log(present: nil)
            log.text = text
            let value = try? type.init(from: MadeUpDecoder(log: log))
            if log.isSingle, value != nil { return .some(format) }
        }
        return nil
    }

    final class Log {
        let present: String?
        var members: [String: any Decodable.Type] = [:]
        var asked: Set<String> = []
        var decoded: Set<String> = []
        var isSingle = false
        var text = ""

        init(present: String?) {
            self.present = present
        }
    }
}

/// Decodes any type from input it makes up.
struct MadeUpDecoder: Decoder {
    /// What a string may have to be for a type to accept it, and the name of that format.
    static let texts: [(text: String, format: String?)] = [
        ("", nil), (String(repeating: "0", count: 64), "sha-256"),
        ("2026-11-23T17:39:28.123Z", "date-time"),
    ]

    let log: Observation.Log
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(MadeUpMembers<Key>(log: log))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw Unknown(what: "a list without a list type")
    }

    func singleValueContainer() -> any SingleValueDecodingContainer {
        log.isSingle = true
        return MadeUpScalar(log: log)
    }

    struct Unknown: Error {
        let what: String
    }

    /// A value of a type.
    static func value<Value: Decodable>(of type: Value.Type) throws -> Value {
        let simple: [any Decodable] = [
            "", true, 1, Int8(1), Int16(1), Int32(1), Int64(1), UInt(1), UInt8(1), UInt16(1),
            UInt32(1), UInt64(1), 1.0, Float(1), Date(timeIntervalSince1970: 0), Data([0]),
        ]
        if let value = simple.lazy.compactMap({ $0 as? Value }).first { return value }
        if let type = type as? any CollectionType.Type, let value = type.empty as? Value {
            return value
        }
        if let type = type as? any (RawRepresentable<String> & CaseIterable).Type,
            let value = Self.firstWord(of: type) as? Value
        {
            return value
        }
        for (text, _) in texts {
            let log = Observation.Log(present: nil)
            log.text = text
            if let value = try? Value(from: MadeUpDecoder(log: log)) { return value }
        }
        let log = Observation.Log(present: nil)
        _ = try? Value(from: MadeUpDecoder(log: log))
        for member in log.asked.sorted() {
            let decoder = MadeUpDecoder(log: Observation.Log(present: member))
            if let value = try? Value(from: decoder) { return value }
        }
        throw Unknown(what: "\(type)")
    }
}

extension MadeUpDecoder {
    /// The first case of an enumeration of words.
    private static func firstWord<Word: CaseIterable>(of type: Word.Type) -> Any? {
        type.allCases.first
    }
}

private struct MadeUpMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let log: Observation.Log
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool {
        log.asked.insert(key.stringValue)
        return log.present == key.stringValue
    }

    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        log.members[key.stringValue] = type
        log.decoded.insert(key.stringValue)
        return try MadeUpDecoder.value(of: type)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        throw MadeUpDecoder.Unknown(what: "nested members of \(key.stringValue)")
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw MadeUpDecoder.Unknown(what: "a nested list of \(key.stringValue)")
    }

    func superDecoder() throws -> any Decoder { throw MadeUpDecoder.Unknown(what: "super") }
    func superDecoder(forKey key: Key) throws -> any Decoder {
        throw MadeUpDecoder.Unknown(what: "super")
    }
}

private struct MadeUpScalar: SingleValueDecodingContainer {
    let log: Observation.Log
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if let text = log.text as? Value { return text }
        return try MadeUpDecoder.value(of: type)
    }
}
