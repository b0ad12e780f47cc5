/// Collections: what they hold is of interest, not how they decode.
protocol CollectionType {
    static var empty: Any { get }
}

protocol ListType: CollectionType {
    static var element: any Decodable.Type { get }
}

protocol MapType: CollectionType {
    static var value: any Decodable.Type { get }
}

extension Array: CollectionType, ListType where Element: Decodable {
    static var empty: Any { [Element]() }
    static var element: any Decodable.Type { Element.self }
}

extension Dictionary: CollectionType, MapType where Key == String, Value: Decodable {
    static var empty: Any { [Key: Value]() }
    static var value: any Decodable.Type { Value.self }
}

/// The words of an enumeration, in the order of its cases.
func words<Word: CaseIterable & RawRepresentable<String>>(of type: Word.Type) -> [String] {
    type.allCases.map(\.rawValue)
}
