#!/usr/bin/env python3
"""What each load generator reports about a server that counts its own faults.

    python3 bench/load/faults.py --unrig build/release/bin/unrig --fault-server …/fault_server

Each generator sends some 5,000 requests, of which the server treats every 100th in one way. A cell
says "exact" when the generator reports as many failures as the server made, and else what it
reports of how many. For bytes that nobody asked for "exact" means that it reports them at all.
"""

import argparse
import contextlib
import json
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

import peers

REQUESTS = 5000
EVERY = 100
CONNECTIONS = 10

# Column, and fault of the server; none: nobody listens.
COLUMNS = [
    ("reset", "reset_before"),
    ("reset in the body", "reset_in_body"),
    ("truncated body", "truncated"),
    ("FIN instead of an answer", "close_before"),
    ("Content-Length too long", "length_too_long"),
    ("bytes after the body", "second_answer"),
    ("status 500", "wrong_status"),
    ("garbage", "garbage"),
    ("mute server", "mute"),
    ("refused", None),
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Unrig:
    """Ours: exactly REQUESTS by schedule."""

    def __init__(self, program: str):
        self.program = program

    def command(self, url: str) -> list[str]:
        # Connections enough that none of the mute ones keeps another request waiting.
        return [self.program, "load", url, "--rate", f"{REQUESTS}/s", "-d", "1s", "-c", "200",
                "--timeout", "2s", "--json", "-"]

    @staticmethod
    def failures(output: str) -> float | None:
        record = json.loads(output)
        # A fault that may be a close which crossed the request is no failure, but counted and said.
        return (record["counts"]["failed"] + record["resent"]
                + record["anomalies"]["unasked_bytes"])


class Wrk:
    def command(self, url: str) -> list[str]:
        return ["wrk", "-t1", f"-c{CONNECTIONS}", "-d2s", "--timeout", "1s", url]

    @staticmethod
    def failures(output: str) -> float | None:
        if "requests in" not in output:
            return None
        sockets = re.search(r"connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
        status = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
        return sum(map(int, sockets.groups() if sockets else ())) + int(status[1] if status else 0)


class Ab:
    def command(self, url: str) -> list[str]:
        return ["ab", "-q", "-r", "-k", "-s", "1", "-c", str(CONNECTIONS), "-n", str(REQUESTS), url]

    @staticmethod
    def failures(output: str) -> float | None:
        failed = re.search(r"Failed requests:\s+(\d+)", output)
        status = re.search(r"Non-2xx responses:\s+(\d+)", output)
        return int(failed[1]) + int(status[1] if status else 0) if failed else None


class H2load:
    def command(self, url: str) -> list[str]:
        return ["h2load", "--h1", "-t1", "-c", str(CONNECTIONS), "-n", str(REQUESTS),
                "-T", "1s", "-N", "1s", url]

    @staticmethod
    def failures(output: str) -> float | None:
        failed = re.search(r"(\d+) failed", output)
        return int(failed[1]) if failed else None


class Hey:
    def command(self, url: str) -> list[str]:
        return ["hey", "-t", "1", "-c", str(CONNECTIONS), "-n", str(REQUESTS), url]

    @staticmethod
    def failures(output: str) -> float | None:
        if "Summary:" not in output:
            return None
        _, _, errors = output.partition("Error distribution:")
        status = sum(int(n) for code, n in re.findall(r"\[(\d+)\]\s+(\d+) responses", output)
                     if code != "200")
        return status + sum(int(n) for n in re.findall(r"^\s+\[(\d+)\]", errors, re.M))


class Oha:
    def command(self, url: str) -> list[str]:
        return ["oha", "--no-tui", "-t", "1s", "-c", str(CONNECTIONS), "-n", str(REQUESTS), url]

    @staticmethod
    def failures(output: str) -> float | None:
        if "Summary:" not in output:
            return None
        _, _, errors = output.partition("Error distribution:")
        status = sum(int(n) for code, n in re.findall(r"\[(\d+)\] (\d+) responses", output)
                     if code != "200")
        return status + sum(int(n) for n in re.findall(r"^\s+\[(\d+)\]", errors, re.M))


class Bombardier:
    def command(self, url: str) -> list[str]:
        return ["bombardier", "-p", "r", "-o", "json", "-t", "1s", "-c", str(CONNECTIONS),
                "-n", str(REQUESTS), url]

    @staticmethod
    def failures(output: str) -> float | None:
        result = json.loads(output)["result"]
        return sum(result[kind] for kind in ("req1xx", "req3xx", "req4xx", "req5xx", "others"))


class Vegeta:
    def command(self, url: str) -> list[str]:
        attack = (f"vegeta attack -rate={REQUESTS // 5} -duration=5s -timeout=1s "
                  f"-connections={CONNECTIONS}")
        return ["sh", "-c", f"echo GET {shlex.quote(url)} | {attack} | vegeta report -type=json"]

    @staticmethod
    def failures(output: str) -> float | None:
        return peers.vegeta_failures(json.loads(output))


class K6:
    def command(self, url: str) -> list[str]:
        script = ("import http from 'k6/http'; "
                  f"export const options = {{vus: {CONNECTIONS}, iterations: {REQUESTS}}}; "
                  f"export default () => http.get({json.dumps(url)}, {{timeout: '1s'}})")
        return ["sh", "-c", f"echo {shlex.quote(script)} | k6 run --quiet -"]

    @staticmethod
    def failures(output: str) -> float | None:
        return peers.k6_failures(output)


PEERS = {"wrk": Wrk, "ab": Ab, "h2load": H2load, "hey": Hey, "oha": Oha,
         "bombardier": Bombardier, "vegeta": Vegeta, "k6": K6}


@contextlib.contextmanager
def fault_server(program: str, fault: str, log: dict):
    """Yields the port; afterwards `log` holds what the server did."""
    port = free_port()
    process = subprocess.Popen([program, str(port), fault, str(EVERY)], stdout=subprocess.PIPE)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.02)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        log.update(json.loads(process.communicate()[0]))


def output_of(command: list[str], limit_s: float) -> tuple[str, str]:
    """Standard output, and how it ended if not well."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired as hung:
        return (hung.stdout or b"").decode(), "hangs"
    return done.stdout, f"exit {done.returncode}" if done.returncode else ""


def cell(tool, options, fault: str | None) -> str:
    log: dict = {}
    if fault is None:
        output, ended = output_of(tool.command(f"http://127.0.0.1:{free_port()}/"), options.limit)
        truth = REQUESTS
    else:
        with fault_server(options.fault_server, fault, log) as port:
            output, ended = output_of(tool.command(f"http://127.0.0.1:{port}/"), options.limit)
        truth = log["faults"]
    try:
        reported = tool.failures(output)
    except (json.JSONDecodeError, KeyError):
        reported = None
    if reported is None:
        return f"no counts, {ended}" if ended else "no counts"
    # wrk stops at a time and not at a count: what was under way then it may leave out, and how many
    # connections were refused nobody else knows.
    left_out = isinstance(tool, Wrk) and reported > 0
    if left_out and (fault is None or 0 <= truth - reported < CONNECTIONS):
        return "exact"
    if reported == truth:
        return "exact"
    return f"{reported:.0f} of {truth}" + (f", {ended}" if ended else "")


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--unrig", default="build/release/bin/unrig")
    parser.add_argument("--fault-server", required=True)
    parser.add_argument("--limit", type=float, default=60, help="seconds for one run")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    tools = {"unrig": Unrig(options.unrig)}
    tools |= {name: make() for name, make in PEERS.items() if shutil.which(name)}
    print(f"{peers.machine()}; "
          + ", ".join(f"{name} {peers.version(name, options.unrig)}" for name in tools) + "\n")
    print("| |" + "|".join(f" {title} " for title, _ in COLUMNS) + "|")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for name, tool in tools.items():
        print(f"| {name} |", end="", flush=True)
        for _, fault in COLUMNS:
            print(f" {cell(tool, options, fault)} |", end="", flush=True)
        print()
    sys.stdout.flush()


if __name__ == "__main__":
    main()
