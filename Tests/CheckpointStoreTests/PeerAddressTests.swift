import CheckpointStore
import Testing

@Suite struct PeerAddressTests {
    @Test(arguments: [
        ("ssh://ann@host", PeerAddress.ssh(user: "ann", host: "host", port: nil)),
        ("ssh://host:2222", .ssh(user: nil, host: "host", port: 2222)),
        ("ssh://ann@10.0.0.1:22", .ssh(user: "ann", host: "10.0.0.1", port: 22)),
        ("ssh://ann@[fe80::1%eth0]:22", .ssh(user: "ann", host: "fe80::1%eth0", port: 22)),
        ("ssh://[::1]", .ssh(user: nil, host: "::1", port: nil)),
        ("unix:///run/attune/attuned.sock", .unix(path: "/run/attune/attuned.sock")),
        ("dir:///media/my stick", .directory(path: "/media/my stick")),
        ("rclone:nas:some where/x", .rclone(remote: "nas:some where/x")),
        ("rclone:bucket:", .rclone(remote: "bucket:")),
    ])
    func readsAndWritesEveryScheme(_ text: String, _ address: PeerAddress) throws {
        #expect(try PeerAddress(text) == address)
        #expect(address.description == text)
    }

    @Test(arguments: [
        "", "host", "ssh://", "ssh://@host", "ssh://ann@", "ssh://-oProxyCommand=x", "ssh://a@-h",
        "ssh://-l@host", "ssh://a@b@c", "ssh://host:", "ssh://host:0", "ssh://host:65536",
        "ssh://host:22/path", "ssh://host/path", "ssh://ho st", "ssh://host:+22x", "ssh://[::1]x",
        "ssh://a;b@host", "unix://relative", "unix:///", "unix://", "dir://x", "dir:///",
        "dir:///a\nb", "http://host", "rclone:", "rclone:remote", "rclone::local:/x", "rclone:-x:y",
        "rclone:a:b\nc", "rclone:s3,secret=x:b", "rclone:./a:b", "SSH://host", "ssh:/host",
    ])
    func refusesTheRestAndSaysWhy(_ text: String) {
        let error = #expect(throws: CheckpointError.self) { try PeerAddress(text) }
        #expect(error?.kind == "invalid-peer-address")
    }

    @Test func namesTheSchemesItKnows() {
        let error = #expect(throws: CheckpointError.self) { try PeerAddress("https://host") }
        #expect(error?.description.contains("not one of ssh, unix, dir and rclone") == true)
    }
}
