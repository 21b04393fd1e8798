"""Every peer's figures, run in turn, and their medians as tables."""

import subprocess
import sys
from collections import defaultdict
from functools import cache
from statistics import median

from program import run

RIVALS = ("fastrace", "otel-rust", "otel-go", "otel-cpp")
ALL = ("patter", *RIVALS)

# The setting that docs/performance.md names for a receiver 50 ms away.
FAR = {"rtt_ms": 50, "options": ["--consumers", 16, "--batch", 1024]}


class Figure:
    """One run of each peer, as often as there are rounds."""

    def __init__(self, name, mode, peers=ALL, spans=1.0, options=(), rtt_ms=0):
        self.name, self.mode, self.peers = name, mode, peers
        self.spans = spans  # an int is a count, else a share of what the command line asks for
        self.options, self.rtt_ms = list(options), rtt_ms

    def command(self, programs, peer, spans):
        if peer == "floor":
            return [programs[peer]]
        count = self.spans if isinstance(self.spans, int) else int(spans * self.spans)
        return [programs[peer], self.mode, "--spans", count, *self.options]

    def run(self, programs, receiver, peer, spans):
        command = self.command(programs, peer, spans)
        if self.mode.startswith("export-"):
            return receiver.run(command, self.mode.removeprefix("export-"), self.rtt_ms)
        return run(command)


FIGURES = (
    Figure("disabled", "disabled", spans=4.0),
    Figure("record", "record", peers=("floor", *ALL)),
    Figure("record, 2 threads", "record", spans=0.5, options=["--threads", 2]),
    Figure("record, bursts of 20,000", "record", peers=("patter",), options=["--burst", 20000]),
    Figure("1,000 threads", "crowd", peers=("patter",), options=["--threads", 1000]),
    Figure("export-http", "export-http"),
    Figure("export-grpc", "export-grpc"),
    Figure("export-http, gzip", "export-http", spans=0.5, options=["--gzip"]),
    Figure("export-grpc, gzip", "export-grpc", spans=0.5, options=["--gzip"]),
    Figure("export-http, 200,000 spans", "export-http", peers=("patter",), spans=200000),
    Figure("export-http, 2,000,000 spans", "export-http", peers=("patter", "otel-rust"), spans=2000000),
    Figure("export-http, 50 ms away", "export-http", peers=("patter",), **FAR),
)

# Of the tables: title, figure, field, decimals, factor, whether more is better.
ROWS = (
    ("disabled, ns/span", "disabled", "ns_per_span", 2, 1, False),
    ("record, 1 thread, ns/span", "record", "ns_per_span", 1, 1, False),
    ("the same, median burst", "record", "burst_p50_ns_per_span", 1, 1, False),
    ("single spans, p50, ns", "record", "p50_ns", 0, 1, False),
    ("single spans, p99, ns", "record", "p99_ns", 0, 1, False),
    ("record, CPU of the process, ns/span", "record", "cpu_ns_per_span", 0, 1, False),
    ("record, 2 threads, ns/span", "record, 2 threads", "ns_per_span", 1, 1, False),
    ("export-http, 1,000 spans/s", "export-http", "spans_per_s", 0, 0.001, True),
    ("export-http, CPU, us/span", "export-http", "cpu_us_per_span", 3, 1, False),
    ("export-grpc, 1,000 spans/s", "export-grpc", "spans_per_s", 0, 0.001, True),
    ("export-grpc, CPU, us/span", "export-grpc", "cpu_us_per_span", 3, 1, False),
    ("export-http with gzip, CPU, us/span", "export-http, gzip", "cpu_us_per_span", 3, 1, False),
    ("export-grpc with gzip, CPU, us/span", "export-grpc, gzip", "cpu_us_per_span", 3, 1, False),
    ("export-http, resident memory, MB", "export-http", "max_rss_kb", 1, 1.024 / 1000, False),
)


@cache
def has_sdk(program):
    """opentelemetry-cpp may be there with its headers alone."""
    return subprocess.run([program, "record", "--spans", "41"], capture_output=True).returncode == 0


def can_run(programs, peer, figure):
    if peer == "otel-cpp" and peer in programs and figure.mode != "disabled":
        return has_sdk(programs[peer])
    return peer in programs


def measure(programs, receiver, rounds, spans, only):
    """(figure, peer, field) -> the median of all rounds."""
    values = defaultdict(list)
    for number in range(1, rounds + 1):
        for figure in FIGURES:
            if only and only not in figure.name:
                continue
            print(f"round {number} of {rounds}: {figure.name}", file=sys.stderr)
            for peer in figure.peers:
                if not can_run(programs, peer, figure):
                    continue
                for field, value in figure.run(programs, receiver, peer, spans).items():
                    if isinstance(value, (int, float)):
                        values[figure.name, peer, field].append(value)
    return {key: median(list_) for key, list_ in values.items()}


def markdown(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def measured_peers(medians):
    return [peer for peer in ("floor", *ALL) if any(key[1] == peer for key in medians)]


def table(medians):
    """One row a figure, one column a peer."""
    peers = measured_peers(medians)
    rows = []
    for title, figure, field, decimals, factor, _ in ROWS:
        cells = [medians.get((figure, peer, field)) for peer in peers]
        if any(cell is not None for cell in cells):
            rows.append([title] + ["" if cell is None else f"{cell * factor:,.{decimals}f}" for cell in cells])
    return markdown(["median", *peers], rows)


def ratios(medians):
    """How many times patter is ahead of each rival."""
    peers = [peer for peer in measured_peers(medians) if peer in RIVALS]
    rows = []
    for title, figure, field, _, _, more_is_better in ROWS:
        own = medians.get((figure, "patter", field))
        others = [medians.get((figure, peer, field)) for peer in peers]
        if own and any(others):
            times = [other and (own / other if more_is_better else other / own) for other in others]
            rows.append([title] + [f"{time:.2f}" if time else "" for time in times])
    return markdown(["times better than", *peers], rows)
