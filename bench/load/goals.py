"""What the load engine is meant to reach, and whether it did.

Figures in, lines out: a goal is reached by the median of its values, and the smallest and largest
are shown beside it.
"""

import dataclasses
import statistics
from collections.abc import Callable

NULL = "null server: "
SIXTY_FOUR = NULL + "keep-alive, 64 connections"
NEW = NULL + "new connection per request, 64 clients"
LARGE = NULL + "1 MiB bodies, 16 connections"


@dataclasses.dataclass
class Goal:
    """`values` finds them in all figures; KeyError when they were not measured."""

    text: str
    limit: float
    at_least: bool
    values: Callable[[dict], list[float]]
    form: str = ".2f"

    def reached_by(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit


def times(title: str, peer: str) -> Callable[[dict], list[float]]:
    return lambda figures: figures[title][peer]["unrig_times"]


GOALS = [
    Goal("requests/s, 64 connections, of wrk's", 1.35, True, times(SIXTY_FOUR, "wrk")),
    Goal("requests/s, 64 connections, of ab -k's", 1.10, True, times(SIXTY_FOUR, "ab")),
    Goal("CPU per request, 64 connections, of wrk's", 0.72, False,
         lambda figures: figures[SIXTY_FOUR]["wrk"]["unrig_cpu_times"]),
    Goal("requests/s at 256 connections, of those at 64", 0.95, True,
         lambda figures: figures[NULL + "connections"]["256"]),
    Goal("requests/s at 1000 connections, of those at 64", 0.95, True,
         lambda figures: figures[NULL + "connections"]["1000"]),
    Goal("requests/s, new connections, of ab's", 1.0, True, times(NEW, "ab")),
    Goal("requests without a local port, new connections for 60 s", 0, False,
         lambda figures: figures[NULL + "new connections for 60 s"]["no_port"], ".0f"),
    Goal("bytes/s, 1 MiB bodies, of wrk's", 1.0, True, times(LARGE, "wrk")),
    Goal("issue delay at 50,000/s, P50, us", 0.5, False,
         lambda figures: figures[NULL + "open loop, 50000/s"]["p50"]),
    Goal("issue delay at 50,000/s, P99, us", 50, False,
         lambda figures: figures[NULL + "open loop, 50000/s"]["p99"], ".1f"),
    Goal("user memory per idle connection, bytes", 2048, False,
         lambda figures: figures[NULL + "memory"]["bytes"], ".0f"),
    Goal("recording one sample in the histogram, ns", 5, False,
         lambda figures: figures["histogram"]["ns"]),
]


def spread(values: list[float], form: str) -> str:
    """Median, smallest and largest."""
    if not values:
        return "-"
    low, high = min(values), max(values)
    return f"{statistics.median(values):{form}} ({low:{form}}-{high:{form}})"


def lines(figures: dict) -> list[str]:
    """One for each goal that was measured."""
    found = []
    for goal in GOALS:
        try:
            values = goal.values(figures)
        except KeyError:
            continue
        if not values:
            continue
        verdict = "reached" if goal.reached_by(statistics.median(values)) else "missed"
        sign = ">=" if goal.at_least else "<="
        found.append(f"  {goal.text:58}{sign} {goal.limit:<8g}{spread(values, goal.form):>24}"
                     f"  {verdict}")
    return found
