"""Where the figures come from: the machine, its system, and the versions of all that ran."""

import os
import platform
import re
import subprocess
from datetime import date

from build import PEERS, ROOT


def first(pattern, text, default="?"):
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip() if found else default


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout


def crate(name):
    lock = (PEERS / "rust" / "Cargo.lock").read_text()
    return first(rf'^name = "{re.escape(name)}"\nversion = "(.*)"$', lock)


def describe(programs):
    cpu = first(r"^model name\s*:(.*)$", open("/proc/cpuinfo").read(), platform.machine())
    memory = int(first(r"^MemTotal:\s*(\d+)", open("/proc/meminfo").read(), "0")) / 1024 / 1024
    virtual = "virtual machine, " if "hypervisor" in open("/proc/cpuinfo").read() else ""
    versions = [output("cc", "--version").splitlines()[0]]
    if "otel-rust" in programs:
        versions += [f"opentelemetry-rust {crate('opentelemetry_sdk')}", f"fastrace {crate('fastrace')}"]
    modules = (PEERS / "otel-go" / "go.mod").read_text()
    versions += ["opentelemetry-go " + first(r"otel/sdk v(\S+)", modules), first(r"(go\d\S+)", output("go", "version"))]
    commit = output("git", "describe", "--always", "--dirty").strip()
    return (f"{date.today().isoformat()}, commit {commit}: {virtual}{os.cpu_count()} CPUs ({cpu}), "
            f"{memory:.0f} GB of memory, Linux {platform.release()}. {'; '.join(versions)}.")
