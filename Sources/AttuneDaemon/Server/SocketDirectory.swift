import Foundation

/// The directory of a control socket: private, or open to the one group that may use the socket.
enum SocketDirectory {
    /// Makes what is missing of a directory, mode 0700, or 0750 and the group's when there is one.
    ///
    /// A directory that is there already is opened to the group only if it is this user's, closed to
    /// everyone else, and all that it holds is closed by itself, so that opening it gives away names
    /// and nothing more. Any other stays as it is.
    ///
    /// - Errors: a `POSIXError` of the step that failed.
    static func make(_ path: String, for group: gid_t?) throws(POSIXError) {
        let missing = missingFolders(of: path)
        for folder in missing {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else { throw .last }
            try open(folder, to: group)
        }
        if missing.isEmpty { try open(path, to: group) }
    }

    /// The folders to make, outermost first.
    private static func missingFolders(of path: String) -> [String] {
        guard !path.isEmpty, path != "/", access(path, F_OK) != 0 else { return [] }
        return missingFolders(of: (path as NSString).deletingLastPathComponent) + [path]
    }

    private static func open(_ folder: String, to group: gid_t?) throws(POSIXError) {
        var status = stat()
        guard let group, stat(folder, &status) == 0 else { return }
        guard status.st_uid == geteuid(), status.st_mode & 0o027 == 0, holdsNothingOpen(folder)
        else { return }
        guard chown(folder, uid_t.max, group) == 0, chmod(folder, 0o750) == 0 else { throw .last }
    }

    /// Whether every file in a folder is its owner's alone, or a socket, which says itself who may use it.
    private static func holdsNothingOpen(_ folder: String) -> Bool {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            return false
        }
        return names.allSatisfy { name in
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0 else { return false }
            return status.st_mode & S_IFMT == S_IFSOCK || status.st_mode & 0o077 == 0
        }
    }
}

extension POSIXError {
    /// What the last system call said.
    fileprivate static var last: POSIXError { POSIXError(Code(rawValue: errno) ?? .EIO) }
}
