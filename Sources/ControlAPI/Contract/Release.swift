/// The release that daemon and tools of this source belong to.
public enum Release {
    public static let version = "0.1.0"
}
