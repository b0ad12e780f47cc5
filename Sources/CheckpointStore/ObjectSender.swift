import Foundation
import Synchronization

/// Sends objects, some of them at once, and tells how far it is.
struct ObjectSender {
    let source: any Remote
    let destination: any Remote
    let meter: SyncMeter

    /// Sends all, as many at once as the slower to answer of the two sides is good for.
    func send(_ objects: [ObjectReference]) async throws {
        let width = max(source.concurrency, destination.concurrency)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, object) in objects.enumerated() {
                if index >= width { try await group.next() }
                group.addTask { try await send(object) }
            }
            try await group.waitForAll()
        }
    }

    /// Goes on where a sync before was cut; from the beginning if what came then proves wrong.
    private func send(_ object: ObjectReference) async throws {
        var offset = 0
        if object.size > ObjectStore.chunkSize {
            offset = min(max(try await destination.received(of: object.id), 0), object.size)
        }
        do {
            try await send(
                object.id, size: object.size, from: offset,
                body: source.get(object.id, from: offset))
        } catch let error as CheckpointError where offset > 0 && error.isRefusal {
            try await send(
                object.id, size: object.size, from: 0, body: source.get(object.id, from: 0))
        }
    }

    func send(_ id: ObjectID, size: Int, from offset: Int, body: ObjectBody) async throws {
        try Task.checkCancellation()
        let passed = Mutex(0)
        meter.leaveOut(offset)
        do {
            try await destination.put(
                id, size: size, from: offset,
                body: body.watched { count in
                    passed.withLock { $0 += count }
                    try await meter.pass(count)
                })
        } catch {
            meter.leaveOut(-offset)
            meter.takeBack(passed.withLock { $0 })
            throw error
        }
        meter.finishObject()
    }
}
