"""The receiver of export runs: near, or a round-trip time away; and what it has counted."""

import json
import socket
import subprocess
import threading
import urllib.request
from contextlib import contextmanager

from program import Failure, run


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(command):
    """Starts a server and waits until it says that it is ready."""
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    line = server.stderr.readline()
    if "ready" not in line:
        server.kill()
        raise Failure(f"{command[0]} did not start: {line.strip()}")
    # Else a server that has much to say would wait for a reader.
    threading.Thread(target=server.stderr.read, daemon=True).start()
    return server


def stop(server):
    server.kill()
    server.wait()


class Receiver:
    def __init__(self, programs):
        self.programs = programs
        self.ports = {"http": free_port(), "grpc": free_port()}

    def __enter__(self):
        addresses = [f"-{name}=127.0.0.1:{port}" for name, port in self.ports.items()]
        self.server = start([str(self.programs["sink"]), *addresses])
        return self

    def __exit__(self, *_):
        stop(self.server)

    def ask(self, path, method):
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports['http']}{path}", method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    @contextmanager
    def endpoint(self, protocol, rtt_ms=0):
        """Where to send; with a round-trip time there is a proxy between."""
        if not rtt_ms:
            yield f"http://127.0.0.1:{self.ports[protocol]}"
            return
        port = free_port()
        proxy = start([str(self.programs["delay"]), f"-listen=127.0.0.1:{port}",
                       f"-to=127.0.0.1:{self.ports[protocol]}", f"-rtt={rtt_ms}ms"])
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            stop(proxy)

    def run(self, command, protocol, rtt_ms=0, exporters=1):
        """Runs `command` into the receiver; what it says it has sent must have arrived, and no more."""
        self.ask("/reset", "POST")
        with self.endpoint(protocol, rtt_ms) as endpoint:
            result = run([*command, "--endpoint", endpoint])
        counted = json.loads(self.ask("/stats", "GET"))[protocol]
        if counted["spans"] != result["spans"] * exporters or counted["malformed"]:
            raise Failure(f"{command}: {result['spans']} spans sent to {exporters} exporters, {counted} received")
        return result | {"requests": counted["requests"]}
