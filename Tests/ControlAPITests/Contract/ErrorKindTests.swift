import CheckpointStore
import ControlAPI
import Testing

@Suite struct ErrorKindTests {
    @Test func rawValuesAreKebabCase() {
        for kind in ErrorKind.allCases {
            #expect(kind.rawValue.wholeMatch(of: #/[a-z]+(-[a-z]+)*/#) != nil, "\(kind)")
        }
    }

    @Test func everyKindHasAnErrorStatusAndAFailingExit() {
        for kind in ErrorKind.allCases {
            #expect((400..<600).contains(kind.httpStatus), "\(kind)")
            #expect(kind.exitCode != .done && kind.exitCode != .interrupted, "\(kind)")
        }
    }

    @Test func documentedExitCodesAreKept() {
        #expect(ErrorKind.internalError.exitCode.rawValue == 1)
        #expect(ErrorKind.invalidRequest.exitCode.rawValue == 2)
        #expect(ErrorKind.unreachable.exitCode.rawValue == 3)
        #expect(ErrorKind.refusedByGate.exitCode.rawValue == 4)
        #expect(ErrorKind.integrity.exitCode.rawValue == 5)
        #expect(ToolExit.interrupted.rawValue == 130)
    }

    @Test func checkpointErrorsKeepTheirMeaning() {
        let id = ObjectID(hashing: [1, 2, 3] as [UInt8])
        #expect(CheckpointError.objectMissing(id, place: "x").errorKind == .notFound)
        #expect(CheckpointError.baseMismatch(local: id, found: id).errorKind == .wrongBase)
        #expect(
            CheckpointError.hashMismatch(expected: id, found: id, place: "x").errorKind
                == .integrity)
        #expect(
            CheckpointError.fileOperation("write", path: "/x", code: 28).errorKind == .storageFull)
        #expect(
            CheckpointError.fileOperation("write", path: "/x", code: 5).errorKind == .internalError)
        #expect(
            ControlError(CheckpointError.invalidObjectID("x")).message.hasPrefix("cannot use"))
    }
}
