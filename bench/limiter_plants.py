"""What bench/limiter.py plants, as data: limiters that are known beforehand.

A kind is what is planted, and the names that are right for it. It has ranges of settings; a list in
one of them is drawn from. Whatever is drawn, the planted thing is used up by construction, and
everything else could carry at least half as much again, by the operational laws: a closed loop of N
clients has X = min(N / (R0 + Z), W / (d + h), S / (d + h), c / D, 1 / D_loop), where R0 is the time
of a request that waits for nobody, Z the think time, d the query's own sleep, h the time beside it
for which a request holds its worker or session, c the cores and D the CPU time of a request. Here
D is 2.0 to 2.8 ms with a new connection at every hop and 0.7 to 1.6 ms with kept ones, on two cores
of an AMD EPYC, measured by unrig itself; `why` does the sum for the worst of what may be drawn.
"""

import dataclasses
import random

SYNC = ["flask-gunicorn", "bottle-gunicorn", "falcon-gunicorn", "django-gunicorn",
        "flask-uwsgi", "falcon-uwsgi", "bottle-uwsgi", "flask-gunicorn-psycopg3"]
COROUTINES = ["starlette-uvicorn", "starlette-uvicorn-psycopg3", "quart-uvicorn"]
GREENLETS = ["flask-gevent", "falcon-gevent", "bottle-gevent"]
ASYNC = COROUTINES + GREENLETS
ANY = SYNC + ASYNC

# Ways through the chain. Knobs that a range sets itself win.
NEW = {"client.keep_alive": "false", "proxy.keep_alive": "false", "db.connection": "per-request"}
KEPT = {"client.keep_alive": "true", "proxy.keep_alive": "true", "db.connection": "pooled",
        "driver.transaction": "false", "driver.hstore": "false"}
NO_PROXY = {**NEW, "proxy.enabled": "false"}
NO_POOLER = {**NEW, "pooler.enabled": "false"}
WAYS = [NEW, KEPT, NO_PROXY, NO_POOLER]
NO_QUEUE_BEFORE = [NO_PROXY, {**NO_PROXY, "pooler.enabled": "false"}]


@dataclasses.dataclass
class Plant:
    """An application of bench/plants/planted.py around a stack's own."""
    what: str
    sizes: list


@dataclasses.dataclass
class Hog:
    """A program that keeps one core to itself for a share of each period."""
    core: int
    share: list
    period_ms: list


@dataclasses.dataclass
class Range:
    stacks: list
    settings: dict  # knob: value, or values to draw from
    vary: tuple     # knob, values to draw `count` from
    ways: list = dataclasses.field(default_factory=lambda: WAYS)
    plant: Plant | None = None
    hog: Hog | None = None
    count: int = 3


def turned_away(rate, service_s, workers, queue):
    """Share of those who come at random and find all workers and the whole queue taken.

    Linux lets one more wait than the backlog says.

    >>> turned_away(60, 0.0215, 2, queue=2), turned_away(95, 0.0215, 3, queue=2)
    (0.05, 0.05)
    >>> turned_away(70, 0.0255, 2, queue=2), turned_away(105, 0.0255, 3, queue=2)
    (0.13, 0.12)
    """
    stream, now, lost, count = random.Random(1), 0.0, 0, 40_000
    free, leave = [0.0] * workers, []
    for _ in range(count):
        now += stream.expovariate(rate)
        leave = [end for end in leave if end > now]
        if len(leave) >= workers + queue:
            lost += 1
            continue
        first = free.index(min(free))
        free[first] = max(now, free[first]) + service_s
        leave.append(free[first])
    return round(lost / count, 2)


@dataclasses.dataclass
class Kind:
    name: str
    right: set
    why: str
    ranges: list
    runs: int = 3  # each of two stacks, with as many values as `count` says
    # What moves the throughput as well, so that to confirm it is not false.
    moves: set = dataclasses.field(default_factory=set)


KINDS = [
    Kind("clients", {"clients"},
         "6 clients that pause for 30 ms ask for 200/s: 0.56 of 2 cores, of 6 workers each its "
         "own client; a single one without a pause keeps at most one core and never waits",
         [Range(ANY, {"workers.sync": 6, "workers.async": 2, "db.delay": "0ms",
                      "think_time": ["30ms", "40ms", "60ms"]},
                ("clients", [2, 3, 4, 5, 6])),
          Range(ANY, {"workers.sync": 6, "workers.async": 2, "db.delay": "0ms",
                      "clients": 1},
                ("proxy.workers", [1, 2, 3, 4]), ways=[NEW, KEPT])]),
    Kind("workers", {"workers"},
         "6 workers that wait 15 ms serve 6 / 17 ms = 350/s: 0.98 of 2 cores, 6 of 100 sessions, "
         "and 25 clients or more would take 4 times as many workers",
         [Range(SYNC, {"clients": [25, 40, 60, 100], "db.delay": ["15ms", "20ms", "30ms"]},
                ("workers.sync", [2, 3, 4, 5, 6]))],
         moves={"latency"}),
    Kind("sessions", {"sessions"},
         "6 sessions that are held for 15 ms and some more give 330/s: 0.8 of 2 cores; 20 sync "
         "workers would serve three times as many, coroutines and greenlets more",
         [Range(["starlette-uvicorn", *GREENLETS],
                {"workers.async": 2, "clients": [20, 30, 40],
                 "db.delay": ["15ms", "20ms", "30ms"]},
                ("db.sessions", [2, 3, 4, 5, 6]), ways=[NEW, {**NEW, "proxy.enabled": "false"}]),
          Range(SYNC, {"workers.sync": 20, "clients": [40, 60],
                       "db.delay": ["15ms", "20ms", "30ms"]},
                ("db.sessions", [2, 3, 4, 5, 6]), ways=[NEW]),
          Range(ASYNC, {"workers.async": 2, "clients": [20, 30, 40],
                        "db.delay": ["15ms", "20ms", "30ms"]},
                ("db.sessions", [2, 4, 6]), ways=[KEPT])],
         moves={"latency"}),
    Kind("machine quota", {"cpu (quota)"},
         "0.7 cores are 350/s at D = 2 ms; 12 sync workers that wait 10 ms would serve 900/s, the "
         "other 1.3 cores are idle but for the load generator",
         [Range(ANY, {"workers.sync": 12, "workers.async": 2, "clients": [30, 50],
                      "db.delay": ["0ms", "5ms", "10ms"]},
                ("machine.cpu", [0.3, 0.4, 0.5, 0.6, 0.7]))],
         moves={"cpu"}),
    Kind("cores", {"cpu"},
         "two cores are 1000/s at D = 2 ms, one is half of it; 16 sync workers that wait 5 ms "
         "would serve 2000/s and more, two or three loops share the work",
         [Range(ANY, {"workers.sync": [16, 20, 24], "workers.async": [2, 3],
                      "db.delay": ["0ms", "2ms", "5ms"]},
                ("clients", [40, 60, 80, 100])),
          Range(ANY, {"workers.sync": [16, 20], "workers.async": 2, "machine.cores": 1,
                      "db.delay": ["0ms", "5ms", "10ms"]},
                ("clients", [30, 40, 60]))],
         moves={"cpu (quota)"}),
    Kind("event loop", {"event loop"},
         "one loop burns 3 ms in each request, everybody else 1.3 ms at most: beside its whole "
         "core 0.43 of the other one; as many as 10 of 100 sessions",
         [Range(["starlette-uvicorn", "quart-uvicorn", *GREENLETS],
                {"workers.async": 1, "clients": [20, 30, 40, 60]},
                ("db.delay", ["5ms", "10ms", "15ms", "20ms"]), ways=[NEW, KEPT, NO_PROXY],
                plant=Plant("burn", [3, 4, 5]))]),
    Kind("slow database", {"database"},
         "its core is used up by a statement of 5 ms or more: 200/s, with 0.5 of the other core "
         "for everybody else; more workers would only wait for it as well",
         [Range(["flask-gunicorn", "falcon-gunicorn", "flask-uwsgi", "starlette-uvicorn",
                 "flask-gevent"],
                {"workers.sync": 10, "workers.async": 2, "clients": [20, 30, 40],
                 "cpus.database": "[1]"},
                ("db.delay", ["0ms", "2ms", "5ms", "8ms"]), plant=Plant("scan", [12000, 18000]))]),
    Kind("table lock", {"database"},
         "whoever has the table sleeps 5 ms with it: less than 200/s, 0.5 of 2 cores; the other "
         "workers wait for it, and so would more of them",
         [Range(["flask-gunicorn", "falcon-gunicorn", "bottle-uwsgi", "starlette-uvicorn",
                 "flask-gevent"],
                {"workers.sync": 10, "workers.async": 2, "clients": [15, 20, 30]},
                ("db.delay", ["5ms", "6ms", "8ms", "10ms"]), plant=Plant("lock", [0]))],
         moves={"latency"}),
    Kind("slowed generator", {"load generator"},
         "another program has the generator's core for nine tenths of each 30 ms or more, in which "
         "10 clients get a few rounds at most: 600/s at D = 0.7 to 1.2 ms on the other core",
         [Range(["starlette-uvicorn", "flask-gevent", "falcon-gunicorn"],
                {"workers.sync": 12, "workers.async": 2, "db.delay": ["0ms", "2ms", "4ms"],
                 "cpus.load": "[1]", "cpus.proxy": "[0]", "cpus.app": "[0]", "cpus.pooler": "[0]",
                 "cpus.database": "[0]"},
                ("clients", [3, 4, 5, 6, 8]), ways=[KEPT],
                hog=Hog(1, [0.9, 0.93], [40, 50, 60]))]),
    Kind("small listen backlog", {"listen queue"},
         "requests that come at random and not in turn: 2 workers that wait 20 ms are busy 60 to "
         "75 % of the time by 70/s, 3 workers by 105/s; but a queue that has room for two turns "
         "away who comes while all is full, for a second: one in twenty or more (turned_away), of "
         "120 that come within two seconds",
         [Range(SYNC[:4], {"workers.sync": 2, "clients": 100, "listen_backlog": 1,
                           "db.delay": "20ms"},
                ("arrival.rate", ["60/s", "65/s", "70/s"]), ways=NO_QUEUE_BEFORE, count=2),
          Range(SYNC[:4], {"workers.sync": 3, "clients": 100, "listen_backlog": 1,
                           "db.delay": "20ms"},
                ("arrival.rate", ["95/s", "100/s", "105/s"]), ways=NO_QUEUE_BEFORE, count=2)],
         runs=5, moves={"clients"}),
    Kind("latency", {"latency"},
         "20 clients that each wait 100 ms in the query ask for 200/s: 0.5 of 2 cores, of 24 "
         "workers each its own client",
         [Range(ANY, {"workers.sync": 24, "workers.async": 2,
                      "db.delay": ["100ms", "150ms", "200ms"]},
                ("clients", [3, 5, 8, 12, 16, 20]))],
         moves={"clients"}),
]

# Nothing is planted: ordinary settings, as somebody would try them.
CONTROLS = Range(ANY, {"workers.sync": "{ per_core = 3, plus = 1 }",
                       "workers.async": "{ per_core = 1 }",
                       "clients": [10, 20, 50, 100]},
                 ("db.delay", ["5ms", "10ms", "20ms", "40ms"]), ways=[NEW, KEPT, NO_POOLER])
