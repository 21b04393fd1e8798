"""How patter's cost grows with one thing at a time, all else as in the comparison."""

import sys
from statistics import median

from figures import markdown
from program import run


class Sweep:
    """One setting over several values; each row is the medians of a few runs."""

    def __init__(self, title, mode, options, columns, spans=0.5, rtt_ms=0):
        self.title, self.mode, self.options, self.columns = title, mode, options, columns
        self.spans = spans  # a share of what the command line asks for, or a function of a row's options
        self.rtt_ms = rtt_ms


SPANS_S = ("1,000 spans/s", "spans_per_s", 0.001, 0)
CPU = ("CPU of the process, ns/span", "cpu_ns_per_span", 1, 0)
CALLER = ("caller, ns/span", "ns_per_span", 1, 1)
P99 = ("p99, ns", "p99_ns", 1, 0)
RSS = ("resident memory, MB", "max_rss_kb", 1.024 / 1000, 1)
REQUESTS = ("requests", "requests", 1, 0)


def each(option, *values):
    return [(f"{value:,}", [option, value]) for value in values]


def consumers_and_batches(*pairs):
    return [(f"{consumers} x {batch}", ["--consumers", consumers, "--batch", batch]) for consumers, batch in pairs]


def five_seconds(rtt_ms):
    """As many spans as so many consumers and batches can carry in 5 s, at most a million."""
    return lambda options: min(1000000, options[1] * options[3] * 5000 // rtt_ms)


PAIRS = consumers_and_batches((1, 512), (4, 512), (16, 512), (4, 2048), (16, 1024), (16, 2048))

SWEEPS = (
    Sweep("spans/s offered, OTLP/HTTP", "export-http", each("--rate", 1000, 10000, 100000, 300000), (CALLER, CPU, RSS),
          spans=lambda options: options[1] * 3),
    Sweep("threads that record", "record", each("--threads", 1, 2, 4, 8), (CALLER, P99, CPU, RSS), spans=0.2),
    Sweep("more attributes on every span", "record", each("--attributes", 0, 2, 4, 8, 16), (CALLER, P99, CPU)),
    Sweep("more attributes on every span, OTLP/HTTP", "export-http", each("--attributes", 0, 4, 16), (SPANS_S, CPU)),
    Sweep("exporters that all get every span", "record", each("--exporters", 1, 2, 4, 8), (CALLER, CPU, RSS)),
    Sweep("exporters, OTLP/HTTP", "export-http", each("--exporters", 1, 2, 4), (SPANS_S, CPU, RSS)),
    Sweep("spans in a batch, OTLP/HTTP", "export-http", each("--batch", 64, 256, 512, 2048, 8192),
          (SPANS_S, CPU, REQUESTS, RSS)),
    Sweep("spans that may wait, OTLP/HTTP", "export-http", each("--waiting", 4096, 8192, 16384, 32768, 65536),
          (SPANS_S, CPU, RSS)),
    Sweep("spans in a batch, OTLP/gRPC", "export-grpc", each("--batch", 64, 256, 512, 2048, 8192),
          (SPANS_S, CPU, REQUESTS, RSS)),
    Sweep("receiver 0 ms away: consumers x batch, OTLP/HTTP", "export-http", PAIRS, (SPANS_S, CPU, RSS)),
    Sweep("receiver 5 ms away: consumers x batch, OTLP/HTTP", "export-http", PAIRS, (SPANS_S, CPU, RSS),
          spans=five_seconds(5), rtt_ms=5),
    Sweep("receiver 50 ms away: consumers x batch, OTLP/HTTP", "export-http", PAIRS, (SPANS_S, CPU, RSS),
          spans=five_seconds(50), rtt_ms=50),
    Sweep("receiver 50 ms away: consumers x batch, OTLP/gRPC", "export-grpc", PAIRS, (SPANS_S, CPU, RSS),
          spans=five_seconds(50), rtt_ms=50),
)


def run_once(sweep, options, programs, receiver, spans):
    count = sweep.spans(options) if callable(sweep.spans) else int(spans * sweep.spans)
    command = [programs["patter"], sweep.mode, "--spans", count, *options]
    if not sweep.mode.startswith("export-"):
        return run(command)
    exporters = options[1] if options[0] == "--exporters" else 1
    return receiver.run(command, sweep.mode.removeprefix("export-"), sweep.rtt_ms, exporters)


def table(sweep, programs, receiver, rounds, spans):
    results = {label: [] for label, _ in sweep.options}
    for _ in range(rounds):
        for label, options in sweep.options:
            results[label].append(run_once(sweep, options, programs, receiver, spans))
    rows = []
    for label, runs in results.items():
        cells = [f"{median(one[field] for one in runs) * factor:,.{decimals}f}"
                 for _, field, factor, decimals in sweep.columns]
        rows.append([label, *cells])
    return markdown([sweep.title, *[column[0] for column in sweep.columns]], rows)


def measure(programs, receiver, rounds, spans, only):
    tables = []
    for sweep in SWEEPS:
        if not only or only in sweep.title:
            print(sweep.title, file=sys.stderr)
            tables.append(table(sweep, programs, receiver, rounds, spans))
    return "\n\n".join([f"{rounds} rounds: medians.", *tables])
