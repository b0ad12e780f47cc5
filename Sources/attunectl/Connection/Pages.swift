import ControlAPI

/// The largest page the tool asks for.
private let pageSize = 200

/// Collects a list page by page until it ends or holds `limit` items.
///
/// - Parameter page: Gets a page from its limit and the `next` of the page before.
func allItems<Item: Sendable>(
    limit: Int, _ page: (_ limit: Int, _ after: String?) async throws -> Page<Item>
) async throws -> [Item] {
    var items: [Item] = []
    var after: String?
    repeat {
        let part = try await page(min(limit - items.count, pageSize), after)
        items += part.items
        after = part.next
    } while after != nil && items.count < limit
    return items
}
