import ControlAPI

extension ControlClient {
    /// The id that a person's word for a checkpoint stands for: `head` is the one in use, all else is taken as it is.
    func checkpoint(named name: String) async throws -> String {
        guard name == "head" else { return name }
        guard let head = try await send(ControlRoutes.status).head else {
            throw ControlError(
                .notFound,
                "cannot find the head: the model as it came is in use; "
                    + "`attunectl checkpoint list` shows what there is")
        }
        return head.checkpoint
    }
}
