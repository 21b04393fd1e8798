"""scripts/bench: patter and its rivals in turn, as medians, ratios and promises kept or not."""

import argparse
import sys

import build
import figures
import page
import promises
import scaling
from machine import describe
from program import Failure
from receiver import Receiver


def read_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often all run in turn [5]")
    parser.add_argument("--spans", type=int, default=1000000, help="spans of each run [1000000]")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 200,000 spans: to try it")
    parser.add_argument("--scaling", action="store_true", help="how patter's cost grows, instead")
    parser.add_argument("--only", help="figures whose name contains this text")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md, too")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rounds, arguments.spans = 2, 200000
    return arguments


def compare(arguments, programs, receiver):
    """The tables of all peers, and whether every promise that was measured is kept."""
    medians = figures.measure(programs, receiver, arguments.rounds, arguments.spans, arguments.only)
    kept, table = promises.table(medians)
    runs = f"{arguments.rounds} rounds, in each of which every program runs once, one after the other: medians."
    parts = [runs, figures.table(medians), figures.ratios(medians), table]
    return kept, "\n\n".join(parts)


def main():
    arguments = read_arguments()
    try:
        programs = build.build_all()
        with Receiver(programs) as receiver:
            if arguments.scaling:
                name, kept = "scaling", True
                text = scaling.measure(programs, receiver, arguments.rounds, arguments.spans, arguments.only)
            else:
                name = "compare"
                kept, text = compare(arguments, programs, receiver)
    except Failure as failure:
        print(f"scripts/bench: {failure}", file=sys.stderr)
        return 1
    text = f"{describe(programs)}\n\n{text}"
    print(text)
    if arguments.write:
        page.write(name, text)
    return 0 if kept else 3


sys.exit(main())
