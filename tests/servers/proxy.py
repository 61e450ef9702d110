"""A TCP proxy for tests: between a client and a server, it does the harm that networks do, and stops when told."""

import math
import selectors
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import ClassVar

from tests.servers.process import LOOPBACK, free_ports

_CHUNK = 1 << 16
_TICK = 0.02
_GRACE = 2.0
"""seconds that a peer has to notice the end"""
_HELD = 1 << 20
"""bytes that may wait in one direction before the sender is made to wait"""


class Way(Enum):
    UP = "client to server"
    DOWN = "server to client"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at byte ``at`` of one direction, counted on each connection since the fault was switched on.

    ``when``: counting begins, and begins anew, where a client sends these bytes (``b"PUT "``). ``times``: so many
    strikes, then all passes.
    """

    at: int = 0
    way: Way = Way.UP
    when: bytes = b""
    times: int | None = None


class Cut(Fault):
    """Both ends see an orderly end of the connection after the bytes before ``at``."""

    __slots__ = ()


class Reset(Fault):
    """Both ends see "connection reset by peer" after the bytes before ``at``."""

    __slots__ = ()


class Flip(Fault):
    """The lowest bit of the byte ``at`` arrives wrong; everything else passes."""

    __slots__ = ()


class Stall(Fault):
    """From ``at`` on nothing passes in either direction and the connection stays, until another mode is set."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Answer(Fault):
    """The client's bytes from ``at`` on never reach the server; ``data`` is the answer, then the connection ends."""

    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Delay(Fault):
    """Every piece takes ``seconds`` longer, in both directions (latency, not bandwidth)."""

    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Refuse(Fault):
    """Nobody listens; what was connected is reset."""


PASS = Delay()


class Proxy:
    """Listens on ``port`` of loopback from the start; ``set`` may be called at any time from any thread."""

    host: ClassVar[str] = LOOPBACK

    def __init__(self, target_port: int, target_host: str = LOOPBACK) -> None:
        self._target = (target_host, target_port)
        self._lock = threading.Condition()
        self._fault: Fault = PASS
        self._epoch = 0
        self._struck = 0
        self._closed = False
        self.connections = 0
        self.bytes = {Way.UP: 0, Way.DOWN: 0}
        self._live: set[_Connection] = set()
        (self.port,) = free_ports(1)
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # a port that is asked for by number stays bound while the socket refuses
        self._listener.bind((LOOPBACK, self.port))
        self._listener.listen(128)
        self._listener.settimeout(_TICK)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def set(self, fault: Fault) -> None:
        """Switches; connections that live go on under the new mode, their bytes counted from here."""
        with self._lock:
            was, self._fault = self._fault, fault
            self._epoch += 1
            self._struck = 0
            if isinstance(fault, Refuse) and not isinstance(was, Refuse):
                # a listening socket that is shut down keeps its port and refuses, until it listens again
                self._listener.shutdown(socket.SHUT_RD)
                for connection in self._live:
                    connection.doomed = True
            elif isinstance(was, Refuse) and not isinstance(fault, Refuse):
                self._listener.listen(128)
            self._lock.notify_all()

    def heal(self) -> None:
        self.set(PASS)

    @property
    def struck(self) -> int:
        """How often the fault has struck since it was set."""
        with self._lock:
            return self._struck

    def wait_struck(self, times: int = 1, seconds: float = 30.0) -> None:
        with self._lock:
            assert self._lock.wait_for(lambda: self._struck >= times, seconds), f"struck {self._struck} times"

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for connection in self._live:
                connection.doomed = True
        self._thread.join(10)
        self._listener.close()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def current(self) -> tuple[int, Fault]:
        """The number of the switching, and the mode."""
        with self._lock:
            return self._epoch, self._fault

    def strike(self, epoch: int) -> bool:
        """Whether the fault of this switching may strike once more; counts it."""
        with self._lock:
            if epoch != self._epoch or (self._fault.times is not None and self._struck >= self._fault.times):
                return False
            self._struck += 1
            self._lock.notify_all()
            return True

    def count(self, way: Way, number: int) -> None:
        with self._lock:
            self.bytes[way] += number

    def forget(self, connection: "_Connection") -> None:
        with self._lock:
            self._live.discard(connection)

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:  # shut down: it refuses
                time.sleep(_TICK)
                continue
            try:
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                _reset(client)
                continue
            connection = _Connection(self, client, server)
            with self._lock:
                self.connections += 1
                self._live.add(connection)
                connection.doomed = self._closed or isinstance(self._fault, Refuse)
            threading.Thread(target=connection.run, daemon=True).start()


class _Connection:
    """One client, one connection to the server, one thread; nothing blocks but the wait for either end."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self.doomed = False
        self._proxy = proxy
        self._ends = {Way.UP: client, Way.DOWN: server}
        self._waiting: dict[Way, deque[tuple[float, bytes]]] = {way: deque() for way in Way}
        self._ended = dict.fromkeys(Way, False)
        self._told = dict.fromkeys(Way, False)
        self._epoch = -1
        self._fault: Fault = PASS
        self._counted = dict.fromkeys(Way, 0)
        self._armed = False
        self._stalled = False
        self._swallowing = False
        self._resets = False
        self._until = math.inf

    def run(self) -> None:
        for end in self._ends.values():
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while not self.doomed and not self._finished():
                self._turn()
            if self.doomed or self._resets:
                self._abort()
        except OSError:
            self._abort()
        finally:
            for end in self._ends.values():
                end.close()
            self._proxy.forget(self)

    def _abort(self) -> None:
        for end in self._ends.values():
            _reset(end)

    def _finished(self) -> bool:
        empty = not any(self._waiting.values())
        return empty and (self._resets or all(self._ended.values()) or time.monotonic() > self._until)

    def _turn(self) -> None:
        self._heed()
        with selectors.DefaultSelector() as selector:
            for way, end in self._ends.items():
                events = selectors.EVENT_READ if self._may_read(way) else 0
                events |= selectors.EVENT_WRITE if self._due(_other(way)) else 0
                if events:
                    selector.register(end, events, way)
            if not selector.get_map():
                time.sleep(_TICK)
                return
            for key, events in selector.select(_TICK):
                way = key.data
                if events & selectors.EVENT_WRITE:
                    self._send(_other(way))
                if events & selectors.EVENT_READ:
                    self._receive(way)

    def _heed(self) -> None:
        epoch, fault = self._proxy.current()
        if epoch != self._epoch:
            self._epoch, self._fault = epoch, fault
            self._counted, self._armed = dict.fromkeys(Way, 0), not fault.when
            self._release()

    def _release(self) -> None:
        """What was held back by a stall goes on."""
        self._stalled = False
        for way, waiting in self._waiting.items():
            self._waiting[way] = deque((0.0 if due == math.inf else due, data) for due, data in waiting)

    def _may_read(self, way: Way) -> bool:
        held = sum(len(data) for _, data in self._waiting[way])
        return not self._ended[way] and not self._stalled and not self._resets and held < _HELD

    def _due(self, way: Way) -> bool:
        return bool(self._waiting[way]) and self._waiting[way][0][0] <= time.monotonic()

    def _send(self, way: Way) -> None:
        target = self._ends[_other(way)]
        while self._due(way):
            due, data = self._waiting[way].popleft()
            try:
                sent = target.send(data) if data else 0
            except BlockingIOError:
                sent = 0
            if data and sent < len(data):
                self._waiting[way].appendleft((due, data[sent:]))
                return
            if not data and not self._told[way]:
                self._told[way] = True
                target.shutdown(socket.SHUT_WR)

    def _receive(self, way: Way) -> None:
        try:
            data = self._ends[way].recv(_CHUNK)
        except BlockingIOError:
            return
        if not data:
            self._ended[way] = True
            self._pass(way, b"")
            return
        self._proxy.count(way, len(data))
        if not self._swallowing:
            self._judge(way, data)

    def _judge(self, way: Way, data: bytes) -> None:
        """Passes on what the fault lets pass, and does what the fault does."""
        self._heed()
        fault, start = self._fault, 0
        if fault.when and way is Way.UP and fault.when in data:
            self._armed, start = True, data.index(fault.when)
            self._counted = dict.fromkeys(Way, 0)
        if not self._armed or way is not fault.way or isinstance(fault, Delay | Refuse):
            self._pass(way, data)
            return
        place = start + fault.at - self._counted[way]
        self._counted[way] += len(data) - start
        if not 0 <= place < len(data) or not self._proxy.strike(self._epoch):
            self._pass(way, data)
            return
        if isinstance(fault, Flip):
            self._pass(way, data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            return
        self._pass(way, data[:place])
        if isinstance(fault, Stall):
            self._stalled = True
            self._waiting[way].append((math.inf, data[place:]))
        elif isinstance(fault, Reset):
            self._resets = True
        else:
            # whoever still sends must not meet a closed socket: that would be a reset, and eat what was delivered
            self._swallowing, self._until = True, time.monotonic() + _GRACE
            self._pass(Way.DOWN, fault.data if isinstance(fault, Answer) else b"")
            for direction in Way:
                self._pass(direction, b"")

    def _pass(self, way: Way, data: bytes) -> None:
        """Queues data, or the end of a direction when empty."""
        seconds = self._fault.seconds if isinstance(self._fault, Delay) else 0.0
        if data or self._ended[way] or self._swallowing:
            self._waiting[way].append((time.monotonic() + seconds, data))


def _other(way: Way) -> Way:
    return Way.DOWN if way is Way.UP else Way.UP


def _reset(end: socket.socket) -> None:
    """Closes so that the peer sees a reset, not an end."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
