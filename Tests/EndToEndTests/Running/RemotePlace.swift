import CheckpointStore
import ControlAPI
import Foundation
import Subprocess
import Synchronization
import SystemPackage
import TestSupport
import Testing
import attunectl

/// A fresh place that checkpoints come from and go to, of every kind that there is.
struct RemotePlace {
    enum Kind: CaseIterable, Sendable { case store, directory, daemon, ssh, webdav, s3 }

    let remote: any Remote
    /// The model that its checkpoints belong to.
    let base: BaseModel
    /// The files it keeps.
    let files: () async throws -> [String]
    /// Takes an object away behind its back; nil where that is tested elsewhere.
    var lose: ((ObjectID) async throws -> Void)?
    /// Whether what was cut is over and done with when the sender knows of it; a daemon notices a moment later.
    let isPrompt: Bool

    /// Runs `body` with a place; a server or daemon behind it ends with that.
    static func with(_ kind: Kind, _ body: (RemotePlace) async throws -> Void) async throws {
        switch kind {
        case .store:
            let directory = try TemporaryDirectory()
            let store = StoreRemote(
                name: "store", repository: CheckpointRepository(directory: directory.path),
                base: Sample.base)
            try await body(RemotePlace(store) { try Array(directory.files().keys) })
        case .directory:
            let directory = try TemporaryDirectory()
            var place = RemotePlace(DirectoryRemote(path: directory.path)) {
                try Array(directory.files().keys)
            }
            place.lose = {
                try FileManager.default.removeItem(
                    atPath: "\(directory.path)/objects/\($0.hex.prefix(2))/\($0.hex)")
            }
            try await body(place)
        case .daemon:
            let machine = try await daemon()
            try await body(RemotePlace(machine, machine.client))
        case .ssh:
            let (machine, server) = (try await daemon(), try await SSHServer())
            let target = SSHTarget(
                user: NSUserName(), host: "127.0.0.1", port: server.port, socket: machine.socket)
            try await SSHBridge.open(to: target, by: .path(.init(server.program))) { socket in
                try await body(RemotePlace(machine, ControlClient(socketPath: socket)))
            }
            await server.stop()
        case .webdav, .s3:
            let stores = try await RcloneStores.shared()
            let scratch = try Scratch()
            let folder = UUID().uuidString.lowercased()
            let path = kind == .s3 ? "s3:attune/\(folder)" : "webdav:\(folder)"
            let rclone = Rclone(
                remote: path, directory: try PrivateDirectory(),
                executable: .path(.init(stores.program)))
            let remote = RcloneRemote(rclone, cache: scratch.path, partSize: ObjectStore.chunkSize)
            var place = RemotePlace(remote) { try await stores.files(path) }
            place.lose = {
                try await stores.delete("\(path)/objects/\($0.hex.prefix(2))/\($0.hex)")
            }
            try await body(place)
        }
    }

    private init(_ remote: any Remote, files: @escaping () async throws -> [String]) {
        self.remote = remote
        base = Sample.base
        self.files = files
        isPrompt = true
    }

    private init(_ machine: Machine, _ client: ControlClient) {
        remote = DaemonRemote(name: "daemon", client: client)
        base = TinyModel.base
        isPrompt = false
        files = {
            try ["objects", "quarantine"].flatMap { folder in
                let path = "\(machine.state)/\(folder)"
                guard FileManager.default.fileExists(atPath: path) else { return [String]() }
                // What came of a request that broke goes a moment after the answer.
                return try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
                    if name.hasPrefix(".incoming-") { return false }
                    let kind = try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[
                        .type]
                    return kind as? FileAttributeType == .typeRegular
                }
            }
        }
    }

    /// A running daemon that uses the tiny model.
    private static func daemon() async throws -> Machine {
        let scratch = try Scratch()
        let model = URL(filePath: scratch.path + "/tiny.gguf")
        try TinyModel.gguf().write(to: model)
        let machine = Machine(in: scratch)
        try await machine.start(model: model.path)
        return machine
    }

    func put(_ data: Data) async throws {
        try await remote.put(
            ObjectID(hashing: data), size: data.count, from: 0, body: ObjectBody(data))
    }

    /// Of so many bytes that a sender gave before it gave up, how many there must be.
    ///
    /// A client of a daemon drops what it has not written to the socket yet; that was not sent, and does not count.
    func leastKept(of bytes: Int) -> Int {
        isPrompt ? bytes - ObjectStore.chunkSize : 1
    }

    /// What came before a cut, which a daemon may still be writing down when the cut is noticed here.
    func received(of id: ObjectID, atLeast least: Int) async throws -> Int {
        let began = ContinuousClock.now
        while true {
            let received = try await remote.received(of: id)
            if received >= least || ContinuousClock.now - began > .seconds(10) { return received }
        }
    }

    func checkpoint(seed: UInt64 = 1) throws -> Sample.Checkpoint {
        try Sample.checkpoint(seed: seed, base: base)
    }

    /// Puts and admits a whole checkpoint.
    func put(_ sample: Sample.Checkpoint) async throws {
        for object in sample.objects { try await put(object) }
        try await put(sample.manifest.canonicalBytes())
        try await remote.admit(sample.id, source: "test")
    }
}

extension RcloneStores {
    private static let made = Task {
        let stores = try await RcloneStores()
        running.withLock { $0 = stores }
        atexit { RcloneStores.running.withLock { $0?.stop() } }
        return stores
    }
    private static let running = Mutex<RcloneStores?>(nil)

    /// One pair of servers for all tests, since starting them takes seconds; they end with this process.
    static func shared() async throws -> RcloneStores { try await made.value }
}
