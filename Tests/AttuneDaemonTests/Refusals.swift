import ControlAPI

/// The kind of the error that work ends with; nil if it ends well.
func kind<Result>(_ work: () async throws -> Result) async throws -> ErrorKind? {
    do {
        _ = try await work()
        return nil
    } catch let error as ControlError {
        return error.kind
    }
}

/// The kind of error that merging two checkpoints ends with.
func merge(_ client: ControlClient, _ names: String...) async throws -> ErrorKind? {
    try await kind {
        try await client.send(ControlRoutes.mergeCheckpoints, Merge(checkpoints: names))
    }
}
