#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A receiver of OTLP over HTTP/1.1 and gRPC, on one port, that misbehaves in one way.

Usage: hostile.py BEHAVIOUR [--cert FILE --key FILE] [--address ADDRESS]    prints "port N", then "request N" for each
                                                         request that it has read in full

before the request: refuse close deaf silent garbage
in its midst:       reset
as its answer:      stall half huge drip 429 429-after 503 503-after partial partial-all web good
and `names`, a name server on port 53 of ADDRESS that never answers
"""
import argparse
import base64
import itertools
import socket
import ssl
import struct
import sys
import threading
import time

SMALL_WINDOW = 4096
DEAF_AFTER = 4096
RESET_AFTER = 1500
HUGE = 10 * 1000 * 1000
RETRY_AFTER_S = 1
REJECTED = 3

requests = itertools.count(1)


class Closed(Exception):
    """The other side has closed, or the behaviour wants the connection closed."""


def say(line):
    print(line, flush=True)


class Stream:
    """The bytes of a connection."""

    def __init__(self, connection):
        self.connection = connection
        self.kept = b""

    def more(self):
        data = self.connection.recv(65536)
        if not data:
            raise Closed
        self.kept += data

    def read(self, count):
        while len(self.kept) < count:
            self.more()
        data, self.kept = self.kept[:count], self.kept[count:]
        return data

    def write(self, data):
        self.connection.sendall(data)

    def drip(self, data):
        for byte in data:
            self.write(bytes([byte]))
            time.sleep(0.1)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Closed

    def wait_for_close(self):
        while True:
            self.kept = b""
            self.more()


def varint(number):
    data = b""
    while number > 127:
        data += bytes([number & 127 | 128])
        number >>= 7
    return data + bytes([number])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def partial_success(rejected):
    """An ExportTraceServiceResponse."""
    return field(1, b"\x08" + varint(rejected) + field(2, b"they were not liked"))


class Http1:
    def __init__(self, stream):
        self.stream = stream

    def run(self, behaviour):
        while True:
            while b"\r\n\r\n" not in self.stream.kept:
                self.stream.more()
            head, self.stream.kept = self.stream.kept.split(b"\r\n\r\n", 1)
            length = 0
            for line in head.split(b"\r\n")[1:]:
                name, value = line.split(b":", 1)
                if name.lower() == b"content-length":
                    length = int(value)
            if behaviour == "reset":
                self.stream.read(min(RESET_AFTER, length // 2))
                self.stream.reset()
            self.stream.read(length)
            say(f"request {next(requests)}")
            self.answer(behaviour)

    def head(self, status, length, more=b"", kind=b"application/x-protobuf"):
        return (b"HTTP/1.1 %d Said\r\nContent-Type: %s\r\n%sContent-Length: %d\r\n\r\n"
                % (status, kind, more, length))

    def answer(self, behaviour):
        stream = self.stream
        after = b"Retry-After: %d\r\n" % RETRY_AFTER_S
        if behaviour == "stall":
            stream.write(self.head(200, 100))
            stream.wait_for_close()
        elif behaviour == "half":
            stream.write(self.head(200, 100) + b"half")
            raise Closed
        elif behaviour == "huge":
            stream.write(self.head(200, HUGE) + bytes(HUGE))
        elif behaviour == "drip":
            stream.drip(self.head(200, 0))
        elif behaviour in ("429", "503"):
            stream.write(self.head(int(behaviour), 0))
        elif behaviour in ("429-after", "503-after"):
            stream.write(self.head(int(behaviour[:3]), 0, after))
        elif behaviour in ("partial", "partial-all"):
            body = partial_success(REJECTED if behaviour == "partial" else 1 << 40)
            stream.write(self.head(200, len(body)) + body)
        elif behaviour == "web":
            stream.write(self.head(200, 6, kind=b"text/html") + b"<html>")
        else:
            stream.write(self.head(200, 0))


class Http2:
    """As much of it as a gRPC client needs; what the client's headers say is not read."""

    PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    DATA, HEADERS, SETTINGS, PING, WINDOW_UPDATE = 0, 1, 4, 6, 8
    ACK = END_STREAM = 1
    END_HEADERS = 4
    INITIAL_WINDOW_SIZE = 4
    FRAME = 16384

    def __init__(self, stream):
        self.stream = stream
        self.first_window = 65535
        self.windows = {0: 65535}  # what may be sent: on the connection, on each stream
        self.unsent = {}  # what of an answer waits for a window, by stream

    @staticmethod
    def greeting():
        """SETTINGS_INITIAL_WINDOW_SIZE and a WINDOW_UPDATE: all the room that there is."""
        return (bytes([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4]) + struct.pack(">I", 0x7fffffff)
                + bytes([0, 0, 4, 8, 0, 0, 0, 0, 0]) + struct.pack(">I", 0x7fffffff - 65535))

    def run(self, behaviour):
        stream = self.stream
        stream.read(len(self.PREFACE))
        stream.write(self.greeting())
        if behaviour == "reset":
            stream.read(RESET_AFTER)
            stream.reset()
        while True:
            head = stream.read(9)
            number = int.from_bytes(head[5:], "big") & 0x7fffffff
            data = stream.read(int.from_bytes(head[:3], "big"))
            self.take(behaviour, head[3], head[4], number, data)
            self.send_unsent()

    def take(self, behaviour, kind, flags, number, data):
        if kind == self.SETTINGS and not flags & self.ACK:
            for name, value in struct.iter_unpack(">HI", data):
                if name == self.INITIAL_WINDOW_SIZE:
                    self.first_window = value
            self.stream.write(self.frame(self.SETTINGS, self.ACK, 0, b""))
        elif kind == self.PING and not flags & self.ACK:
            self.stream.write(self.frame(self.PING, self.ACK, 0, data))
        elif kind == self.WINDOW_UPDATE:
            more = int.from_bytes(data, "big")
            self.windows[number] = self.windows.get(number, self.first_window) + more
        elif kind == self.DATA and flags & self.END_STREAM:
            say(f"request {next(requests)}")
            self.answer(behaviour, number)

    def send_unsent(self):
        for number, data in list(self.unsent.items()):
            while data:
                window = min(self.windows[0], self.windows.get(number, self.first_window))
                if window <= 0:
                    break
                part = data[:min(window, self.FRAME)]
                data = data[len(part):]
                self.stream.write(self.frame(self.DATA, 0, number, bytes(part)))
                self.windows[0] -= len(part)
                self.windows[number] = self.windows.get(number, self.first_window) - len(part)
            self.unsent[number] = data

    @staticmethod
    def header(name, value):
        return b"\x00" + varint(len(name)) + name + varint(len(value)) + value

    @staticmethod
    def frame(kind, flags, number, data):
        head = struct.pack(">I", len(data))[1:] + bytes([kind, flags]) + struct.pack(">I", number)
        return head + data

    def headers(self, number):
        block = b"\x88" + self.header(b"content-type", b"application/grpc")
        return self.frame(self.HEADERS, self.END_HEADERS, number, block)

    def message(self, number, data):
        return self.frame(self.DATA, 0, number, b"\x00" + struct.pack(">I", len(data)) + data)

    def trailers(self, number, status, more=b""):
        block = self.header(b"grpc-status", b"%d" % status) + more
        return self.frame(self.HEADERS, self.END_HEADERS | self.END_STREAM, number, block)

    def good(self, number, data=b""):
        return self.headers(number) + self.message(number, data) + self.trailers(number, 0)

    def retry_info(self, status):
        """A google.rpc.Status, in base 64."""
        info = field(1, b"\x08" + varint(RETRY_AFTER_S))
        any_ = field(1, b"type.googleapis.com/google.rpc.RetryInfo") + field(2, info)
        details = base64.b64encode(b"\x08" + varint(status) + field(3, any_)).rstrip(b"=")
        return self.header(b"grpc-status-details-bin", details)

    def answer(self, behaviour, number):
        stream = self.stream
        code = 8 if behaviour.startswith("429") else 14
        if behaviour == "stall":
            stream.write(self.headers(number))
        elif behaviour == "half":
            begun = b"\x00" + struct.pack(">I", 100) + b"half"
            stream.write(self.headers(number) + self.frame(self.DATA, 0, number, begun))
            raise Closed
        elif behaviour == "huge":
            stream.write(self.headers(number))
            self.unsent[number] = memoryview(b"\x00" + struct.pack(">I", HUGE) + bytes(HUGE))
        elif behaviour == "drip":
            stream.drip(self.good(number))
        elif behaviour in ("429", "503"):
            stream.write(self.headers(number) + self.trailers(number, code))
        elif behaviour in ("429-after", "503-after"):
            more = self.retry_info(code)
            stream.write(self.headers(number) + self.trailers(number, code, more))
        elif behaviour in ("partial", "partial-all"):
            rejected = REJECTED if behaviour == "partial" else 1 << 40
            stream.write(self.good(number, partial_success(rejected)))
        elif behaviour == "web":
            block = b"\x88" + self.header(b"content-type", b"text/html")
            stream.write(self.frame(self.HEADERS, self.END_HEADERS, number, block)
                         + self.frame(self.DATA, self.END_STREAM, number, b"<html>"))
        else:
            stream.write(self.good(number))


def serve(connection, behaviour, tls):
    try:
        if behaviour == "silent":  # before a handshake too
            Stream(connection).wait_for_close()
        if tls:
            connection = tls.wrap_socket(connection, server_side=True)
        stream = Stream(connection)
        if behaviour == "close":
            raise Closed
        if behaviour == "garbage":
            stream.write(bytes(range(1, 256)) * 4)
            raise Closed
        while len(stream.kept) < 3:
            stream.more()
        is_grpc = stream.kept.startswith(b"PRI")
        if behaviour == "deaf":
            if is_grpc:  # else the request would never be begun
                stream.write(Http2.greeting())
            while len(stream.kept) < DEAF_AFTER:
                stream.more()
            while True:
                time.sleep(3600)
        (Http2 if is_grpc else Http1)(stream).run(behaviour)
    except (Closed, OSError):
        pass
    finally:
        connection.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("behaviour")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--address", default="127.0.0.1")
    args = parser.parse_args()
    tls = None
    if args.cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(args.cert, args.key)
        tls.set_alpn_protocols(["h2", "http/1.1"])
    if args.behaviour == "names":
        names = socket.socket(type=socket.SOCK_DGRAM)
        names.bind((args.address, 53))
        say("port 53")
        while True:
            time.sleep(3600)
    listener = socket.socket()
    if args.behaviour == "deaf":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_WINDOW)
    listener.bind((args.address, 0))
    say(f"port {listener.getsockname()[1]}")
    if args.behaviour == "refuse":  # bound and not listening: the port stays its own
        while True:
            time.sleep(3600)
    listener.listen(64)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, args.behaviour, tls), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
