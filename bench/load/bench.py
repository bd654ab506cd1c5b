#!/usr/bin/env python3
"""unrig against other load generators, side by side: requests per second and CPU per request.

    python3 bench/load/bench.py --unrig build/release/bin/unrig --null-server …/null_server

Twice: against the null server, which is faster than every generator, so that the generator is what
is measured; and against nginx where it is installed. Server and generators have a core each. In
every round each generator runs once, in an order that changes from round to round; figures are
medians over the rounds, with the smallest and the largest. A ratio is the median of the rounds' own
ratios, so that what slows down a whole round cancels out. Last come the goals (goals.py).

With --backends it is unrig over epoll against unrig over io_uring instead, beside the null server.
"""

import argparse
import contextlib
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import goals
import peers
from goals import spread

CASES = [
    peers.Case("keep-alive, 64 connections", 64),
    peers.Case("keep-alive, 16 connections", 16),
    peers.Case("keep-alive, 256 connections", 256),
    peers.Case("keep-alive, 1000 connections", 1000),
    peers.Case("new connection per request, 64 clients", 64, keep_alive=False),
    peers.Case("1 MiB bodies, 16 connections", 16, body_bytes=1 << 20),
]

# nginx is slower than most generators: its figures tell what they cost, more than what they can.
NGINX_CASES = {
    "keep-alive, 64 connections",
    "new connection per request, 64 clients",
    "1 MiB bodies, 16 connections",
}

NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port} backlog=4096; root {folder}; }}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(program: str, port: int) -> None:
    """Until somebody listens."""
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    sys.exit(f"{program} does not answer on port {port}")


@contextlib.contextmanager
def server(command: list[str], port: int, core: int):
    """A process on `core` that answers on `port`."""
    process = subprocess.Popen(command, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    try:
        wait_for(command[0], port)
        yield
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def null_server(program: str, body_bytes: int, core: int):
    port = free_port()
    with server([program, str(port), str(body_bytes)], port, core):
        yield f"http://127.0.0.1:{port}/"


@contextlib.contextmanager
def nginx(program: str, body_bytes: int, core: int):
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        (folder / "index.html").write_bytes(b"x" * body_bytes)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
        command = [program, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]
        with server(command, port, core):
            yield f"http://127.0.0.1:{port}/"


def run_case(case, names, options, url, body_file, core):
    """Results by generator, one for each round; None where a generator cannot do it."""
    results = {name: [] for name in names}
    order = list(names)
    for number in range(options.rounds):
        random.Random(options.seed + number).shuffle(order)
        for name in order:
            result = peers.measure(name, options.unrig, case, url, body_file, core)
            results[name].append(result)
            if options.verbose and result:
                print(f"  {name} {result}", file=sys.stderr)
    return results


def print_case(results) -> dict:
    summary = {}
    print(f"  {'':11}{'requests/s':>28}{'CPU us/request':>22}{'unrig is … x':>24}{'CPU … x':>20}")
    unrig = results["unrig"]
    for name, runs in results.items():
        if runs[0] is None:
            print(f"  {name:11}{'cannot do it':>28}")
            continue
        pairs = [(u, r) for u, r in zip(unrig, runs) if r.per_second and u.per_second]
        faster = [u.per_second / r.per_second for u, r in pairs]
        cheaper = [u.cpu_us / r.cpu_us for u, r in pairs if r.requests]
        taken = [r.per_second for r in runs if r.requests]
        print(
            f"  {name:11}{spread(taken, '.0f'):>28}"
            f"{spread([r.cpu_us for r in runs if r.requests], '.2f'):>22}"
            f"{spread(faster, '.2f') if name != 'unrig' else '':>24}"
            f"{spread(cheaper, '.2f') if name != 'unrig' else '':>20}"
            f"  {next((r.errors for r in runs if r.errors), '')}"
        )
        summary[name] = {
            "per_second": taken,
            "cpu_us": [r.cpu_us for r in runs if r.requests],
            "unrig_times": faster,
            "unrig_cpu_times": cheaper,
        }
    return summary


def records(options, core, seconds: float, *words: str) -> dict:
    """The record of one load. Empty, with a line that says why, when there is none."""
    command = [options.unrig, "load", *words, "-d", f"{seconds:g}s", "--json", "-"]
    output, errors, _, _ = peers.run(command, core, seconds * 3 + 30)
    try:
        record = json.loads(output)
    except json.JSONDecodeError:
        print(f"  {errors.strip()}")
        return {}
    if reason := peers.refused(record):
        print(f"  not taken: {reason}")
        return {}
    return record


def connections(options, url, core, body_file) -> dict:
    """unrig alone, with more and more connections, in turn. Connecting is not in the figures.

    Short and often, because a machine that is not alone changes its speed within seconds.
    """
    sizes = [64, 256, 1000]
    found = {size: [] for size in sizes}
    for number in range(3 * options.rounds):
        for size in random.Random(options.seed + number).sample(sizes, len(sizes)):
            record = records(options, core, options.seconds / 2, url, "-c", str(size),
                             "--warmup", "1s", "--expect-body", body_file)
            if record:
                found[size].append(record["throughput_per_s"])
    for size in sizes:
        print(f"  {size:5} connections  {spread(found[size], '.0f'):>28} requests/s")
    return {str(size): [many / few for many, few in zip(found[size], found[64]) if few]
            for size in sizes}


def new_connections(options, url, core, body_file) -> dict:
    """unrig alone, for longer than a used port stays in TIME_WAIT."""
    record = records(options, core, 60, url, "-c", "64", "--no-keep-alive", "--expect-body",
                     body_file)
    if not record:
        return {}
    failed = {name: count for name, count in record["failed_by"].items() if count}
    print(f"  {record['counts']['completed']} completed, failed: {failed or 'none'}")
    return {"no_port": [record["failed_by"]["no_port"]]}


def open_loop(options, url, core, body_file) -> dict:
    """Issue delay of unrig at 50,000/s, which no peer reports."""
    found = []
    for _ in range(options.rounds):
        record = records(options, core, options.seconds, url, "--rate", "50000/s", "--arrivals",
                         "poisson", "-c", "64", "--expect-body", body_file)
        if record:
            found.append(record)
    if not found:
        return {}
    # Null where a percentile has too few requests.
    delays = {q: [us for r in found if (us := r["issue_delay_us"][q]) is not None]
              for q in ("p50", "p99", "p999")}
    for quantile, values in delays.items():
        print(f"  issue delay {quantile:5} us  {spread(values, '.2f'):>24}")
    print(f"  completed / scheduled    {found[0]['counts']['completed']}"
          f" / {found[0]['counts']['scheduled']}")
    return delays


def memory(options, url, core, body_file) -> dict:
    """Bytes of user memory for one idle connection: the difference of two sizes."""
    used = {}
    for size in (1000, 10000):
        command = [options.unrig, "load", url, "-c", str(size), "-d", "3s", "--think-time", "2s",
                   "--expect-body", body_file, "--json", "-"]
        output, errors, _, kib = peers.run(command, core, 60)
        if not output.startswith("{"):
            print(f"  {errors.strip()}")
            return {}
        used[size] = kib * 1024
    per_connection = (used[10000] - used[1000]) / 9000
    print(f"  {per_connection:.0f} bytes for each of 10,000 idle connections")
    return {"bytes": [per_connection]}


PROBES = {
    "connections": connections,
    "new connections for 60 s": new_connections,
    "open loop, 50000/s": open_loop,
    "memory": memory,
}


def histogram(program: str) -> dict:
    """Nanoseconds for recording one sample, by Google Benchmark."""
    output = subprocess.run(
        [program, "--benchmark_filter=^histogram_record$", "--benchmark_repetitions=5",
         "--benchmark_format=json"], capture_output=True, text=True, check=True).stdout
    runs = [run for run in json.loads(output)["benchmarks"] if run["run_type"] == "iteration"]
    values = [run["cpu_time"] for run in runs]
    print(f"  {spread(values, '.2f')} ns for one sample")
    return {"ns": values}


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--unrig", default="build/release/bin/unrig")
    parser.add_argument("--null-server", required=True)
    parser.add_argument("--stats-bench", help="the program that times the histogram")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of each run")
    parser.add_argument("--seed", type=int, default=1, help="of the order")
    parser.add_argument("--case", default="", help="only cases whose name contains this")
    parser.add_argument("--json", help="write all figures to this file")
    parser.add_argument("--backends", action="store_true", help="epoll against io_uring alone")
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser.parse_args()


@contextlib.contextmanager
def serving(start, program: str, body_bytes: int, core: int):
    """The URL, and a file that holds the body."""
    with start(program, body_bytes, core) as url, tempfile.NamedTemporaryFile() as body:
        body.write(b"x" * body_bytes)
        body.flush()
        yield url, body.name


def measure_all(options, servers: dict, names: list[str], cores: tuple[int, int]) -> dict:
    server_core, core = cores
    figures = {}
    for server_name, (start, program, cases) in servers.items():
        for case in cases:
            title = f"{server_name}: {case.name}"
            if options.case not in title:
                continue
            case.seconds = options.seconds
            print(f"\n{title}", flush=True)
            with serving(start, program, case.body_bytes, server_core) as (url, body):
                figures[title] = print_case(run_case(case, names, options, url, body, core))
    if options.backends:
        return figures
    for name, probe in PROBES.items():
        title = f"null server: {name}"
        if options.case not in title:
            continue
        print(f"\n{title}", flush=True)
        with serving(null_server, options.null_server, 16, server_core) as (url, body):
            figures[title] = probe(options, url, core, body)
    if options.stats_bench and options.case in "histogram":
        print("\nhistogram", flush=True)
        figures["histogram"] = histogram(options.stats_bench)
    return figures


def main() -> None:
    options = parse_options()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        sys.exit("server and generator need a core each, and there is but one")
    names = ["unrig", *([peers.IO_URING] if options.backends else peers.present())]
    print(peers.machine())
    print(f"server on core {cores[0]}, generators on core {cores[1]}, {options.rounds} rounds of "
          f"{options.seconds:g} s; median (smallest-largest)")
    print(", ".join(f"{name} {peers.version(name, options.unrig)}" for name in names
                    if name != peers.IO_URING))
    servers = {"null server": (null_server, options.null_server, CASES)}
    nginx_program = shutil.which("nginx")
    if nginx_program and not options.backends:
        few = [case for case in CASES if case.name in NGINX_CASES]
        servers[f"nginx {peers.version('nginx')}"] = (nginx, nginx_program, few)
    figures = measure_all(options, servers, names, (cores[0], cores[1]))
    if not options.backends:
        print("\ngoals, against the null server")
        print("\n".join(goals.lines(figures)))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
