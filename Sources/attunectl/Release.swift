/// The release this tool belongs to.
enum Release {
    static let version = "0.1.0"
}
