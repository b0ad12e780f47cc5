package import ControlAPI
import HTTPTypes
package import Hummingbird

/// Joins endpoints of the control protocol with their handlers, types checked.
package struct RouteTable: ~Copyable {
    private let router = Router(context: ControlContext.self)
    private var served: Set<String> = []

    package init() {
        router.add(middleware: RouterRefusals())
    }

    /// Answers `endpoint` with `handler`.
    package mutating func serve<Input, Output>(
        _ endpoint: Endpoint<Input, Output>,
        _ handler: @escaping @Sendable (Call<Input>) async throws -> Reply<Output>
    ) {
        let route = endpoint.route
        precondition(served.insert(route.name).inserted, "\(route.name) is served twice")
        let parameter = route.parameter
        router.on(RouterPath(route.path), method: route.method.httpMethod) { request, context in
            try context.rights.require(route.role, feedback: route.needsFeedbackRight)
            let call = Call<Input>(
                peer: context.peer, rights: context.rights,
                parameter: try parameter.map { try context.parameters.require($0) } ?? "",
                request: request)
            return try await handler(call).response
        }
    }

    /// The routes of the protocol that no handler serves; empty in a complete daemon.
    package var missing: [String] {
        ControlRoutes.all.map(\.name).filter { !served.contains($0) }
    }

    package consuming func responder() -> RouterResponder<ControlContext> {
        router.buildResponder()
    }
}

/// Gives the router's own refusals, such as of an unknown route, the form of the protocol's errors.
private struct RouterRefusals: RouterMiddleware {
    func handle(
        _ request: Request, context: ControlContext,
        next: (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            throw ControlError(describing: error)
        }
    }
}

extension HTTPVerb {
    fileprivate var httpMethod: HTTPRequest.Method {
        switch self {
        case .get: .get
        case .head: .head
        case .put: .put
        case .post: .post
        }
    }
}
