"""What patter promises about its cost, each as a ratio or a bound that the medians keep or break."""

import figures


class Promise:
    def __init__(self, text, limit, value, at_least=False, unit=""):
        self.text, self.limit, self.value = text, limit, value
        self.at_least, self.unit = at_least, unit

    def row(self, medians):
        """(kept or None where it could not be measured, the table's cells)"""
        sign = ">=" if self.at_least else "<="
        limit = f"{sign} {self.limit:g}{self.unit}"
        try:
            value = self.value(medians)
        except KeyError:
            return None, [self.text, limit, "", "not measured"]
        kept = value >= self.limit if self.at_least else value <= self.limit
        return kept, [self.text, limit, f"{value:.2f}{self.unit}", "yes" if kept else "NO"]


def ratio(figure, field, to, to_figure=None):
    """patter's median through another's: a rival's, or its own of another run."""
    return lambda medians: medians[figure, "patter", field] / medians[to_figure or figure, to, field]


def own(figure, field, factor=1.0):
    return lambda medians: medians[figure, "patter", field] * factor


BURST = "burst_p50_ns_per_span"
MB = 1.024 / 1000
FAR = f"{figures.FAR['rtt_ms']} ms away"

PROMISES = (
    Promise("record, 1 thread, ns/span, x fastrace", 0.18, ratio("record", "ns_per_span", "fastrace")),
    Promise("record, 1 thread, median burst, x floor", 2.2, ratio("record", BURST, "floor")),
    Promise("record, p99 of single spans, x fastrace", 0.30, ratio("record", "p99_ns", "fastrace")),
    Promise("record, 2 threads, ns/span, x its own of 1 thread", 1.2,
            ratio("record, 2 threads", "ns_per_span", "patter", "record")),
    Promise("record, CPU of the process per span, x otel-rust", 0.30, ratio("record", "cpu_ns_per_span", "otel-rust")),
    Promise("disabled, ns/span, x otel-cpp", 0.15, ratio("disabled", "ns_per_span", "otel-cpp")),
    Promise("export-http, spans/s, x otel-rust", 1.4, ratio("export-http", "spans_per_s", "otel-rust"), at_least=True),
    Promise("export-http, CPU per span, x otel-rust", 0.40, ratio("export-http", "cpu_us_per_span", "otel-rust")),
    Promise("export-grpc, spans/s, x otel-rust", 1.6, ratio("export-grpc", "spans_per_s", "otel-rust"), at_least=True),
    Promise("export-grpc, CPU per span, x otel-rust", 0.40, ratio("export-grpc", "cpu_us_per_span", "otel-rust")),
    Promise("export-http with gzip, CPU per span, x otel-rust", 0.40,
            ratio("export-http, gzip", "cpu_us_per_span", "otel-rust")),
    Promise("export-grpc with gzip, CPU per span, x otel-rust", 0.40,
            ratio("export-grpc, gzip", "cpu_us_per_span", "otel-rust")),
    Promise("resident memory, 2,000,000 spans over HTTP, x otel-rust", 0.5,
            ratio("export-http, 2,000,000 spans", "max_rss_kb", "otel-rust")),
    Promise("resident memory, 2,000,000 spans, x its own of 200,000", 1.1,
            ratio("export-http, 2,000,000 spans", "max_rss_kb", "patter", "export-http, 200,000 spans")),
    Promise("bursts of 20,000 spans, ns/span, x its own of 1,025", 1.5,
            ratio("record, bursts of 20,000", "ns_per_span", "patter", "record")),
    Promise("1,000 threads with a call each, resident memory", 100, own("1,000 threads", "max_rss_kb", MB), unit=" MB"),
    Promise(f"export-http, receiver {FAR}, 1,000 spans/s", 100, own(f"export-http, {FAR}", "spans_per_s", 0.001),
            at_least=True),
)


def table(medians):
    """(whether none is broken, the table)"""
    rows = [promise.row(medians) for promise in PROMISES]
    return all(kept is not False for kept, _ in rows), figures.markdown(
        ["promise", "limit", "measured", "kept"], [cells for _, cells in rows])
