"""The load generators that unrig is compared with: how each is called and what it reports.

A generator that is not on PATH is left out. Every one gets one thread and is pinned to one core by
its caller. Figures are taken from each generator's own report; CPU time is that of its process.
"""

import dataclasses
import datetime
import json
import os
import pathlib
import platform
import re
import shlex
import shutil
import subprocess
import tempfile


@dataclasses.dataclass
class Case:
    """One workload."""

    name: str
    connections: int
    keep_alive: bool = True
    body_bytes: int = 16
    seconds: float = 3


@dataclasses.dataclass
class Result:
    """What one run of one generator gave; 0 requests when its report says nothing."""

    per_second: float
    requests: float
    cpu_s: float
    errors: str = ""

    @property
    def cpu_us(self) -> float:
        return self.cpu_s * 1e6 / self.requests if self.requests else float("nan")


def number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    return float(found[1]) if found else 0.0


# unrig itself, by another way to the kernel.
IO_URING = "io_uring"


def unrig_command(unrig: str, case: Case, url: str, body_file: str, backend: str) -> list[str]:
    command = [unrig, "load", url, "-c", str(case.connections), "-d", f"{case.seconds:g}s",
               "--backend", backend]
    if not case.keep_alive:
        command.append("--no-keep-alive")
    # Every body is compared; of long ones, as with every peer, only the length.
    if case.body_bytes < 65536:
        command += ["--expect-body", body_file]
    return [*command, "--json", "-"]


def refused(record: dict) -> str:
    """Why a run of unrig may not be taken, or nothing.

    Beside a server that is faster than every generator the generator is the limit, and that is what
    is measured: no other reason is let pass.
    """
    reasons = [reason for reason in record["verdict"]["reasons"]
               if not reason.startswith("the load generator was the limit")]
    return "; ".join(reasons)


def unrig_result(output: str) -> tuple[float, float, str]:
    record = json.loads(output)
    if reason := refused(record):
        return 0, 0, f"not taken: {reason}"
    note = record["generator"]["backend_note"]
    if IO_URING in note:  # it was asked for, and could not be had
        return 0, 0, f"not taken: {note}"
    errors = {name: count for name, count in record["failed_by"].items() if count}
    return (
        record["throughput_per_s"],
        record["counts"]["completed"],
        " ".join(f"{count} {name}" for name, count in errors.items()),
    )


def wrk_command(case: Case, url: str) -> list[str]:
    close = [] if case.keep_alive else ["-H", "Connection: close"]
    return ["wrk", "-t1", f"-c{case.connections}", f"-d{case.seconds:g}s", *close, url]


def wrk_result(output: str) -> tuple[float, float, str]:
    errors = re.search(r"Socket errors: .*", output)
    return (
        number(r"Requests/sec:\s+([\d.]+)", output),
        number(r"(\d+) requests in", output),
        errors[0] if errors else "",
    )


def ab_command(case: Case, url: str) -> list[str]:
    keep = ["-k"] if case.keep_alive else []
    limit = ["-t", str(max(1, round(case.seconds))), "-n", "99999999"]
    return ["ab", "-q", "-r", *keep, "-c", str(case.connections), *limit, url]


def ab_result(output: str) -> tuple[float, float, str]:
    failed = number(r"Failed requests:\s+(\d+)", output)
    return (
        number(r"Requests per second:\s+([\d.]+)", output),
        number(r"Complete requests:\s+(\d+)", output),
        f"{failed:.0f} failed" if failed else "",
    )


def h2load_command(case: Case, url: str) -> list[str] | None:
    if not case.keep_alive:
        return None  # it cannot
    seconds = f"{max(1, round(case.seconds))}"
    return ["h2load", "--h1", "-t1", "-c", str(case.connections), "-D", seconds, url]


def h2load_result(output: str) -> tuple[float, float, str]:
    failed = number(r"(\d+) failed", output)
    return (
        number(r"([\d.]+) req/s", output),
        number(r"(\d+) succeeded", output),
        f"{failed:.0f} failed" if failed else "",
    )


def hey_command(case: Case, url: str) -> list[str]:
    close = [] if case.keep_alive else ["-disable-keepalive"]
    seconds = f"{case.seconds:g}s"
    return ["hey", "-cpus", "1", "-c", str(case.connections), "-z", seconds, *close, url]


def hey_result(output: str) -> tuple[float, float, str]:
    return (
        number(r"Requests/sec:\s+([\d.]+)", output),
        number(r"\[200\]\s+(\d+) responses", output),
        "errors" if "Error distribution" in output else "",
    )


def oha_command(case: Case, url: str) -> list[str]:
    close = [] if case.keep_alive else ["--disable-keepalive"]
    seconds = f"{case.seconds:g}s"
    return ["oha", "--no-tui", "-c", str(case.connections), "-z", seconds, *close, url]


def oha_result(output: str) -> tuple[float, float, str]:
    return (
        number(r"Requests/sec:\s+([\d.]+)", output),
        number(r"\[200\]\s+(\d+) responses", output),
        "",
    )


def bombardier_command(case: Case, url: str) -> list[str]:
    # Its -a does nothing with the client that it uses by default.
    close = [] if case.keep_alive else ["-H", "Connection: close"]
    seconds = f"{case.seconds:g}s"
    return ["bombardier", "-p", "r", "-c", str(case.connections), "-d", seconds, *close, url]


def bombardier_result(output: str) -> tuple[float, float, str]:
    return (
        number(r"Reqs/sec\s+([\d.]+)", output),
        number(r"2xx - (\d+)", output),
        "",
    )


def vegeta_command(case: Case, url: str) -> list[str]:
    close = [] if case.keep_alive else ["-keepalive=false"]
    count = str(case.connections)
    attack = ["vegeta", "attack", "-rate=0", f"-workers={count}", f"-max-workers={count}",
              f"-connections={count}", f"-duration={case.seconds:g}s", *close]
    return ["sh", "-c", f"echo GET {shlex.quote(url)} | {shlex.join(attack)} | "
            "vegeta report -type=json"]


def vegeta_failures(report: dict) -> int:
    return report["requests"] - report["status_codes"].get("200", 0)


def vegeta_result(output: str) -> tuple[float, float, str]:
    report = json.loads(output)
    failed = vegeta_failures(report)
    return report["throughput"], report["requests"] - failed, f"{failed} failed" if failed else ""


def k6_command(case: Case, url: str) -> list[str]:
    script = ("import http from 'k6/http'; "
              f"export const options = {{noConnectionReuse: {str(not case.keep_alive).lower()}, "
              f"discardResponseBodies: true}}; "
              f"export default function () {{ http.get({json.dumps(url)}); }}")
    k6 = ["k6", "run", "--quiet", "--vus", str(case.connections), "--duration",
          f"{case.seconds:g}s", "-"]
    return ["sh", "-c", f"echo {shlex.quote(script)} | {shlex.join(k6)}"]


def k6_failures(output: str) -> float:
    return number(r"http_req_failed[.: ]+[\d.]+%\D+(\d+)", output)


def k6_result(output: str) -> tuple[float, float, str]:
    failed = k6_failures(output)
    return (
        number(r"http_reqs[.: ]+\d+\s+([\d.]+)/s", output),
        number(r"http_reqs[.: ]+(\d+)", output),
        f"{failed:.0f} failed" if failed else "",
    )


PEERS = {
    "wrk": (wrk_command, wrk_result),
    "ab": (ab_command, ab_result),
    "h2load": (h2load_command, h2load_result),
    "hey": (hey_command, hey_result),
    "oha": (oha_command, oha_result),
    "bombardier": (bombardier_command, bombardier_result),
    "vegeta": (vegeta_command, vegeta_result),
    "k6": (k6_command, k6_result),
}


def present() -> list[str]:
    """Peers on PATH."""
    return [name for name in PEERS if shutil.which(name)]


def machine() -> str:
    """Processor, system and date."""
    model = next((line.partition(":")[2].strip()
                  for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    now = datetime.datetime.now(datetime.timezone.utc)
    return (f"{model}, {os.cpu_count()} cores, {system}, Linux {platform.release()}, "
            f"{now:%Y-%m-%d %H:%M} UTC")


# Of programs that tell no version of their own: their Debian package, or the module they were built
# from, as Go has it in every program.
def go_version(program: str) -> str:
    """The version of the main module of a Go program; "" where there is none."""
    go = shutil.which("go")
    path = shutil.which(program)
    if not go or not path:
        return ""
    done = subprocess.run([go, "version", "-m", path], capture_output=True, text=True, check=False)
    found = re.search(r"^\s*mod\s+\S+\s+v(\S+)", done.stdout, re.MULTILINE)
    return found[1] if found else ""


VERSION_OPTIONS = {"unrig": "--version", "wrk": "-v", "ab": "-V", "h2load": "--version",
                   "oha": "--version", "bombardier": "--version", "vegeta": "-version",
                   "k6": "version", "nginx": "-v"}


def version(name: str, program: str = "") -> str:
    """As the program says it; of one that does not, as its Debian package says it."""
    if name in VERSION_OPTIONS:
        command = [program if name == "unrig" else name, VERSION_OPTIONS[name]]
    else:
        command = ["dpkg-query", "-W", "-f", "${Version}", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "?"
    first_line = (done.stdout + done.stderr).strip().partition("\n")[0]
    found = re.search(r"\d+\.\d+[\w.+~-]*", first_line)
    return found[0].rstrip(".") if found else go_version(name) or "?"


def run(command: list[str], core: int, limit_s: float) -> tuple[str, str, float, int]:
    """Output, errors, CPU seconds and largest memory in KiB of one run on one core."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        # wait4 tells what this one process used; a watchdog ends it when it hangs.
        watchdog = subprocess.Popen(["sleep", str(limit_s)])
        usage = None
        while usage is None:
            ended, _, used = os.wait4(-1, 0)
            if ended == process.pid:
                usage = used
                process.returncode = 0
            elif ended == watchdog.pid:
                watchdog.returncode = 0
                process.kill()
        if watchdog.returncode is None:
            watchdog.kill()
            watchdog.wait()
        output.seek(0)
        errors.seek(0)
        cpu = usage.ru_utime + usage.ru_stime
        return output.read(), errors.read(), cpu, usage.ru_maxrss


def measure(
    name: str, unrig: str, case: Case, url: str, body_file: str, core: int
) -> Result | None:
    """One run of one generator; None when it cannot do the case."""
    if name in ("unrig", IO_URING):
        backend = "epoll" if name == "unrig" else name
        command, parse = unrig_command(unrig, case, url, body_file, backend), unrig_result
    else:
        make, parse = PEERS[name]
        command = make(case, url)
        if command is None:
            return None
    output, errors, cpu, _ = run(command, core, case.seconds * 3 + 30)
    try:
        per_second, requests, failures = parse(output)
    except (json.JSONDecodeError, KeyError):
        return Result(0, 0, cpu, (errors or output).strip().split("\n")[-1][:60])
    return Result(per_second, requests, cpu, failures)
