"""A private sshd with keys of its own, and an `ssh` and `scp` that go to it with them and nothing else."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time


class PrivateSSHD:
    """Runs for the length of a `with`. Its sessions see `binaries` first in PATH, as where Attune is installed.

    `within` is a command to run it under, such as ["ip", "netns", "exec", NAME]; `options` go to ssh and scp.
    """

    def __init__(self, folder, binaries, address="127.0.0.1", within=(), options=()):
        self.folder, self.address, self.within = pathlib.Path(folder), address, list(within)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        for key in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / key], check=True)
        shutil.copy(self.folder / "user_key.pub", self.folder / "authorized_keys")
        (self.folder / "sshd_config").write_text(f"""ListenAddress {address}:{self.port}
HostKey {self.folder}/host_key
PidFile none
AuthorizedKeysFile {self.folder}/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
Subsystem sftp internal-sftp
SetEnv PATH={binaries}:/usr/bin:/bin
""")
        words = [f"-F none -i {self.folder}/user_key -o IdentitiesOnly=yes -o BatchMode=yes",
                 f"-o StrictHostKeyChecking=accept-new -o UserKnownHostsFile={self.folder}/known_hosts", *options]
        (self.folder / "bin").mkdir()
        for program in ("ssh", "scp"):
            wrapper = self.folder / "bin" / program
            wrapper.write_text(f'#!/bin/sh\nexec /usr/bin/{program} {" ".join(words)} "$@"\n')
            wrapper.chmod(0o755)
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(exist_ok=True)

    @property
    def environment(self):
        """One in which `ssh` and `scp` are those that know the way."""
        return {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}

    def force(self, command):
        """From now on the key runs this, whatever it is asked for."""
        key = (self.folder / "user_key.pub").read_text()
        (self.folder / "authorized_keys").write_text(f'command="{command}",restrict {key}')

    def __enter__(self):
        self.process = subprocess.Popen([*self.within, "/usr/sbin/sshd", "-D", "-f", self.folder / "sshd_config"])
        end = time.monotonic() + 20
        while subprocess.run([*self.within, self.folder / "bin/ssh", "-p", str(self.port), self.address, "true"],
                             capture_output=True).returncode:
            if time.monotonic() > end:
                sys.exit("cannot go on: sshd does not answer; Tools/setup test installs it")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
