#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what a collector wrote with what a bot knows of its spans, id by id.

Usage: check.py LEDGER COLLECTED...    LEDGER may be a folder of them; prints a JSON object of counts:
  ended       spans that had ended for sure        may_have_ended   the bot died in the midst of it
  open        calls that had begun and not ended   arrived          different spans in the files
  lost        ended, and in no file                doubles          spans beyond the first of their id
  batches_twice   requests that came again as they were; `stray_doubles` are doubles of no such one
  abandoned   open calls that came as such         not_abandoned    those that did not
  garbled     not as the bot made them             unknown          in no ledger
"""
import collections
import json
import os
import sys

ENTRY = 64
NAMES = ["getpatter.call", "getpatter.stt", "getpatter.llm", "getpatter.tts", "getpatter.tool"]
OPEN, ENDING, ENDED = 1, 2, 3


def read_ledger(path):
    if os.path.isdir(path):
        return {key: value for name in os.listdir(path)
                for key, value in read_ledger(os.path.join(path, name)).items()}
    spans = {}
    data = open(path, "rb").read()
    end = len(data.rstrip(b"\0"))
    for at in range(0, end, ENTRY):
        state = int.from_bytes(data[at + 60:at + 64], "little")
        if state:
            number = int.from_bytes(data[at + 48:at + 56], "little")
            kind = int.from_bytes(data[at + 56:at + 60], "little")
            spans[data[at:at + 48].decode()] = (state, kind, number)
    return spans


def expected(kind, number):
    """The attributes of a stage, as caller.c sets them."""
    return [
        {"getpatter.call.direction": "inbound"},
        {"getpatter.stt.text_len": str(number), "getpatter.stt.confidence": 0.5},
        {"getpatter.llm.iteration": str(number), "getpatter.llm.history_size": str(number + 1),
         "getpatter.llm.ttft_ms": 250},
        {"getpatter.tts.text_len": str(number)},
        {"getpatter.tool.name": "lookup_order",
         "getpatter.tool.transport": "mcp" if number % 2 else "webhook"},
    ][kind]


def attributes_of(span):
    return {pair["key"]: next(iter(pair["value"].values())) for pair in span["attributes"]}


call_ids = {}  # by trace


def is_sound(span, kind, number):
    found = attributes_of(span)
    call_id = found.pop("getpatter.call.id", "")
    return (span["name"] == NAMES[kind] and len(call_id) == 36
            and call_id == call_ids.setdefault(span["traceId"], call_id)
            and int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
            and bool(span.get("parentSpanId")) == (kind != 0) and found == expected(kind, number))


def is_abandoned(span):
    return (span["name"] == NAMES[0] and span.get("status", {}).get("code") == 2
            and attributes_of(span).get("error.type") == "abandoned")


def request_of(line):
    """A collector that is killed while it writes leaves the head of a line; the next start goes on behind it."""
    start = line.rfind(b'{"resourceSpans":')
    try:
        return json.loads(line[max(start, 0):])
    except json.JSONDecodeError:
        return {"resourceSpans": []}


def spans_of(line):
    for resource in request_of(line)["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            yield from scope["spans"]


def main():
    ledger = read_ledger(sys.argv[1])
    found = collections.Counter()
    batches = collections.Counter()
    count = collections.Counter()
    abandoned = set()
    for path in sys.argv[2:]:
        for line in open(path, "rb"):
            batch = []
            for span in spans_of(line):
                key = span["traceId"] + span["spanId"]
                batch.append(key)
                found[key] += 1
                state, kind, number = ledger.get(key, (0, 0, 0))
                if is_abandoned(span) and state in (0, OPEN, ENDING):
                    abandoned.add(key)
                elif not state:
                    count["unknown"] += 1
                elif not is_sound(span, kind, number):
                    count["garbled"] += 1
            batches[frozenset(batch)] += 1
    twice = [batch for batch, times in batches.items() if times > 1]
    again = sum((batches[batch] - 1) * len(batch) for batch in twice)
    doubles = sum(found.values()) - len(found)
    states = collections.Counter(state for state, _, _ in ledger.values())
    open_calls = {key for key, (state, _, _) in ledger.items() if state == OPEN}
    print(json.dumps({
        "ended": states[ENDED],
        "may_have_ended": states[ENDING],
        "open": states[OPEN],
        "arrived": len(found),
        "lost": sum(state == ENDED and key not in found for key, (state, _, _) in ledger.items()),
        "doubles": doubles,
        "batches_twice": sum(batches[batch] - 1 for batch in twice),
        "stray_doubles": doubles - again,
        "abandoned": len(abandoned),
        "not_abandoned": states[OPEN] - len(abandoned & open_calls),
        "garbled": count["garbled"],
        "unknown": count["unknown"],
    }))


if __name__ == "__main__":
    main()
