"""docs/performance.md: the tables stand between two marks that name them."""

from build import ROOT
from program import Failure

PAGE = ROOT / "docs" / "performance.md"


def write(name, text):
    begin, end = f"<!-- scripts/bench: {name} -->", f"<!-- end of {name} -->"
    before, found, rest = PAGE.read_text().partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end:
        raise Failure(f"{PAGE} has no {begin} ... {end}")
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}")
