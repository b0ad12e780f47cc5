import ControlAPI
import Testing

@Suite struct SocketLocationTests {
    private let environment = ["HOME": "/home/u", "XDG_RUNTIME_DIR": "/run/user/1"]

    @Test func theEnvironmentsSocketWins() {
        let socket = SocketLocation.resolve(environment: ["ATTUNE_SOCKET": "/x"]) { _ in true }
        #expect(socket == "/x")
    }

    @Test func theFirstSocketThatExistsIsTaken() {
        let state = "/home/u/.local/state/attune/attuned.sock"
        for present in ["/run/user/1/attune/attuned.sock", state, "/run/attune/attuned.sock"] {
            #expect(SocketLocation.resolve(environment: environment) { $0 == present } == present)
        }
    }

    @Test func withoutAnySocketTheUsersOwnPlaceIsNamed() {
        #expect(
            SocketLocation.resolve(environment: environment) { _ in false }
                == "/run/user/1/attune/attuned.sock")
        #expect(
            SocketLocation.resolve(environment: ["HOME": "/home/u", "XDG_STATE_HOME": "/s"]) { _ in
                false
            } == "/s/attune/attuned.sock")
    }
}
