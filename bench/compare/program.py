"""A program that is run to its end, and the line of JSON that it prints."""

import json
import os
import subprocess


class Failure(Exception):
    """What the operator must know."""


# getrusage() counts the memory of whoever called exec(): a shell between, which forks, is smaller than any peer.
SMALL_PARENT = ["/bin/sh", "-c", '"$@"; exit $?', "sh"]

# What is measured has no settings from around it.
CLEAN = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "PATTER_"))}


def run(command, timeout_s=600):
    """Runs to the end; returns what it printed as JSON."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(SMALL_PARENT + words, capture_output=True, text=True, timeout=timeout_s, env=CLEAN)
    except subprocess.TimeoutExpired as error:
        raise Failure(f"{' '.join(words)}: no end after {timeout_s} s") from error
    if done.returncode != 0:
        raise Failure(f"{' '.join(words)}: exit status {done.returncode}\n{done.stderr.strip()}")
    result = json.loads(done.stdout)
    if result.get("dropped", 0) != 0:
        raise Failure(f"{' '.join(words)}: {result['dropped']} spans dropped\n{done.stderr.strip()}")
    return result
