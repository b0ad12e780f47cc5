package import Hummingbird
package import Logging

/// What a handler knows of a request besides its bytes: who asks, and where to log.
package struct ControlContext: RequestContext {
    /// What the connection supplies to every request on it.
    package struct Source: RequestContextSource {
        package let logger: Logger
        package let peer: PeerCredentials
        package let rights: ConnectionRights
    }

    package var coreContext: CoreRequestContextStorage
    package let peer: PeerCredentials
    package let rights: ConnectionRights

    package init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.peer
        rights = source.rights
    }
}
