"""What is run: patter's release build, the rivals that this machine can build, the receiver."""

import shutil
import subprocess
import sys
from pathlib import Path

from program import Failure

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "bench" / "peers"
OUT = ROOT / "build" / "peers"
RELEASE = ROOT / "build" / "release"


def make(*command, folder=ROOT):
    print("building:", *command, file=sys.stderr)
    done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def build_patter():
    make("cmake", "--preset", "release")
    make("cmake", "--build", RELEASE, "--parallel", "2", "--target", "patter-bench", "patter-floor")
    return {"patter": RELEASE / "bin" / "patter-bench", "floor": RELEASE / "bin" / "patter-floor"}


def build_go():
    if not shutil.which("go"):
        raise Failure("Go is missing (https://go.dev/dl), and with it the receiver")
    names = ("sink", "delay", "otel-go")
    for name in names:
        make("go", "build", "-o", OUT / name, ".", folder=PEERS / name)
    return {name: OUT / name for name in names}


def build_rust():
    if not shutil.which("cargo"):
        print("cargo is missing (https://rustup.rs): no otel-rust, no fastrace", file=sys.stderr)
        return {}
    make("cargo", "build", "--release", "--locked", "--target-dir", OUT / "rust", folder=PEERS / "rust")
    return {name: OUT / "rust" / "release" / name for name in ("otel-rust", "fastrace")}


def build_cpp():
    try:
        make("cmake", "-S", PEERS / "otel-cpp", "-B", OUT / "otel-cpp", "-DCMAKE_BUILD_TYPE=Release")
    except Failure:
        print("opentelemetry-cpp is not installed (CMAKE_PREFIX_PATH says where): no otel-cpp", file=sys.stderr)
        return {}
    make("cmake", "--build", OUT / "otel-cpp", "--parallel", "2")
    return {"otel-cpp": OUT / "otel-cpp" / "otel-cpp"}


def build_all():
    """The path of each program, by its peer's name."""
    OUT.mkdir(parents=True, exist_ok=True)
    return build_patter() | build_rust() | build_go() | build_cpp()
