"""A private daemon for experiments and benchmarks: a real `attuned`, a state directory and a socket of its own."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RELEASE = ROOT / ".build/release"
SECONDS_TO_START = 60


def fetch_model():
    """The path of the model that tests and demo use."""
    return pathlib.Path(subprocess.check_output([ROOT / "Tools/fetch-model"], text=True).strip())


def machine():
    """What figures need beside them: processor, cores, and the day."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {"processor": names[0] if names else os.uname().machine, "cores": len(os.sched_getaffinity(0)),
            "date": time.strftime("%Y-%m-%d")}


class PrivateDaemon:
    """Runs for the length of a `with`; the state directory stays afterwards.

    `settings` are keys of attuned.yaml(5), as {"training.learningRate": 3e-4}. `binaries` is the folder of
    `attuned` and `attunectl`.
    """

    def __init__(self, state, settings, binaries=RELEASE, model=None):
        self.state, self.binaries, self.model = pathlib.Path(state), pathlib.Path(binaries), model
        self.settings = settings
        for name in ("attuned", "attunectl"):
            if not (self.binaries / name).exists():
                sys.exit(f"cannot start a daemon: {self.binaries / name} is missing; swift build -c release")

    def __enter__(self):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the daemon ends as well
        # A Unix socket's path has room for 107 bytes, which a state directory's may exceed.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="attune."))
        self.socket = self.folder / "attuned.sock"
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        configuration = self.folder / "attuned.yaml"
        configuration.write_text(json.dumps(nested(self.settings)))  # JSON is YAML
        self.log = self.state.parent / f"{self.state.name}.log"
        model = ["--model", self.model] if self.model else []
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [self.binaries / "attuned", "run", "--config", configuration, "--state-dir", self.state,
                 "--socket", self.socket, *model],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={"OPENBLAS_CORETYPE": "auto", "LIBDISPATCH_LOG": "NO", **os.environ})
        try:
            self.wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    def wait_until_ready(self):
        end = time.monotonic() + SECONDS_TO_START
        while self.attunectl("status").returncode:
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(f"cannot start a daemon: it does not answer; its log is {self.log}")
            time.sleep(0.1)

    def processor_seconds(self):
        """What the daemon has used so far, in user and system time."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self, field):
        """Its memory in MiB: VmRSS, what is resident now, or VmHWM, the most since `reset_peak`."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(field)) / 1024

    def reset_peak(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def attunectl(self, *words):
        """Runs the control tool with `--json` and returns the finished process."""
        return subprocess.run([self.binaries / "attunectl", *map(str, words), "--json", "--quiet",
                               "--socket", self.socket], stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def ask(self, *words):
        """The objects that a command wrote, one a line; ends the program with its error if it failed."""
        run = self.attunectl(*words)
        if run.returncode:
            sys.exit(f"attunectl {' '.join(map(str, words))}: code {run.returncode}: {run.stderr.strip()}")
        return [json.loads(line) for line in run.stdout.splitlines()]


def nested(settings):
    """{"a.b": 1} as {"a": {"b": 1}}."""
    result = {}
    for key, value in settings.items():
        *levels, last = key.split(".")
        place = result
        for level in levels:
            place = place.setdefault(level, {})
        place[last] = value
    return result
