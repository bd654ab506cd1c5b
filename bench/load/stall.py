#!/usr/bin/env python3
"""What each load generator says of a server that stands still for one second of ten.

    python3 bench/load/stall.py --unrig build/release/bin/unrig --null-server …/null_server

1000 requests a second for ten seconds; after four the server is stopped (SIGSTOP), one second later
it goes on. A thousand requests fall into that second and wait between 1 s and nothing, all others
for next to nothing. So of all requests 5 % wait longer than 500 ms and 1 % longer than 900 ms,
whatever the machine: that is the truth that each report is compared with.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading

import bench
import peers

RATE = 1000
SECONDS = 10
CONNECTIONS = 50
STOP_AFTER_S = 4
STOPPED_S = 1
COLUMNS = ["mean", "p50", "p95", "p99", "max"]
TRUTH_MS = {"mean": 50, "p50": 0, "p95": 500, "p99": 900, "max": 1000}


def unrig(program: str):
    """Open loop."""
    command = [program, "load", "--rate", f"{RATE}/s", "-c", str(CONNECTIONS), "-d", f"{SECONDS}s",
               "--json", "-"]

    def parse(output: str, _) -> dict:
        record = json.loads(output)
        if reason := peers.refused(record):
            print(f"  not taken: {reason}")
            return {}
        times = record["response_us"]  # null where a percentile has too few requests
        return {name: times[name] / 1e3 for name in COLUMNS if times[name] is not None}
    return command, parse


def in_ms(number: str, unit: str) -> float:
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3, "sec": 1e3, "secs": 1e3}[unit]


def percentiles(output: str) -> dict:
    """Lines like "99% in 0.0012 secs" or "99% 1.20ms"."""
    found = re.findall(r"^\s*(50|95|99)(?:\.0+)?%+\s+(?:in )?([\d.]+) ?(us|ms|s|secs?)\b", output,
                       re.M)
    return {f"p{percent}": in_ms(number, unit) for percent, number, unit in found}


def hey():
    command = ["hey", "-c", str(CONNECTIONS), "-q", str(RATE // CONNECTIONS), "-z", f"{SECONDS}s"]

    def parse(output: str, _) -> dict:
        return percentiles(output) | {
            "mean": peers.number(r"Average:\s+([\d.]+)", output) * 1e3,
            "max": peers.number(r"Slowest:\s+([\d.]+)", output) * 1e3,
        }
    return command, parse


def h2load(log: pathlib.Path):
    """Its log has every request: start, status, microseconds."""
    command = ["h2load", "--h1", "-t1", "-c", str(CONNECTIONS), "-D", str(SECONDS),
               "--rps", str(RATE // CONNECTIONS), "--log-file", str(log)]

    def parse(_, log_text: str) -> dict:
        times = [float(line.split()[2]) / 1e3 for line in log_text.splitlines()]
        cuts = statistics.quantiles(times, n=100)
        return {"mean": statistics.mean(times), "p50": cuts[49], "p95": cuts[94], "p99": cuts[98],
                "max": max(times)}
    return command, parse


def wrk():
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency"]

    def parse(output: str, _) -> dict:
        # It has P50, P75, P90 and P99.
        row = re.search(r"Latency\s+([\d.]+)(us|ms|s)\s+\S+\s+([\d.]+)(us|ms|s)", output)
        mean_and_max = {"mean": in_ms(row[1], row[2]), "max": in_ms(row[3], row[4])} if row else {}
        return percentiles(output) | mean_and_max
    return command, parse


def oha():
    command = ["oha", "--no-tui", "-c", str(CONNECTIONS), "-q", str(RATE), "-z", f"{SECONDS}s",
               "--latency-correction"]

    def parse(output: str, _) -> dict:
        found = {name: re.search(rf"{word}:\s+([\d.]+) ?(us|ms|s|secs?)\b", output)
                 for name, word in (("mean", "Average"), ("max", "Slowest"))}
        return percentiles(output) | {name: in_ms(it[1], it[2]) for name, it in found.items() if it}
    return command, parse


def measure(command: list[str], parse, options, log: pathlib.Path, cores) -> dict:
    """What the generator reports, in milliseconds."""
    port = bench.free_port()
    program = [options.null_server, str(port), "16"]
    server = subprocess.Popen(program, preexec_fn=lambda: os.sched_setaffinity(0, {cores[0]}))
    bench.wait_for(program[0], port)
    timers = [threading.Timer(after, server.send_signal, [number]) for after, number in
              ((STOP_AFTER_S, signal.SIGSTOP), (STOP_AFTER_S + STOPPED_S, signal.SIGCONT))]
    for timer in timers:
        timer.start()
    output, errors, _, _ = peers.run([*command, f"http://127.0.0.1:{port}/"], cores[1],
                                     SECONDS * 3)
    for timer in timers:
        timer.join()
    server.terminate()
    server.wait()
    try:
        return parse(output, log.read_text() if log.exists() else "")
    except (json.JSONDecodeError, IndexError, statistics.StatisticsError):
        print(errors.strip())
        return {}


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--unrig", default="build/release/bin/unrig")
    parser.add_argument("--null-server", required=True)
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    cores = sorted(os.sched_getaffinity(0))
    print(f"\na server that stands still for {STOPPED_S} s of {SECONDS}, {RATE}/s, milliseconds")
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "log")
        tools = {"unrig": unrig(options.unrig), "hey -q": hey(), "h2load --rps": h2load(log),
                 "oha --latency-correction": oha(), "wrk (closed loop)": wrk()}
        tools = {name: tool for name, tool in tools.items()
                 if name == "unrig" or shutil.which(tool[0][0])}
        programs = [name.split()[0] for name in tools]
        print("  " + ", ".join(f"{name} {peers.version(name, options.unrig)}" for name in programs))
        print(f"  {'':24}" + "".join(f"{name:>10}" for name in COLUMNS))
        print(f"  {'truth':24}" + "".join(f"{TRUTH_MS[name]:10.1f}" for name in COLUMNS))
        for name, (command, parse) in tools.items():
            found = measure(command, parse, options, log, (cores[0], cores[-1]))
            print(f"  {name:24}" + "".join(
                f"{found[column]:10.1f}" if column in found else f"{'-':>10}"
                for column in COLUMNS), flush=True)
            log.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
