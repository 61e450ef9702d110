"""The proxy does the harm it says, no more, and stops when told."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.servers.process import LOOPBACK
from tests.servers.proxy import PASS, Answer, Cut, Delay, Fault, Flip, Proxy, Refuse, Reset, Stall, Way

DATA = bytes(range(256)) * 2000


class Echo:
    """Gives back what it gets, and remembers it."""

    def __init__(self) -> None:
        self.got = b""
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                while data := client.recv(65536):
                    self.got += data
                    client.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RD)
        self._listener.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.port) as proxy:
        yield proxy


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection((LOOPBACK, proxy.port), timeout=20)


def through(client: socket.socket, data: bytes, until: int | None = None) -> bytes:
    """Sends while it reads; what came back until the end of the connection or so many bytes."""
    sender = threading.Thread(target=_send, args=(client, data), daemon=True)
    sender.start()
    got = b""
    while until is None or len(got) < until:
        piece = client.recv(65536)
        if not piece:
            break
        got += piece
    sender.join(20)
    return got


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _send(client: socket.socket, data: bytes) -> None:
    try:
        client.sendall(data)
    except OSError:
        return


def test_everything_passes_and_is_counted(proxy: Proxy, echo: Echo):
    with connect(proxy) as client:
        assert through(client, DATA, len(DATA)) == DATA
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert proxy.connections == 1
    assert proxy.bytes == {Way.UP: len(DATA), Way.DOWN: len(DATA)}


@pytest.mark.parametrize("at", [0, 1, 70_000])
def test_cut_up_lets_so_many_bytes_arrive(proxy: Proxy, echo: Echo, at: int):
    proxy.set(Cut(at))
    with connect(proxy) as client:
        assert DATA[:at].startswith(through(client, DATA))
    wait_for(lambda: len(echo.got) >= at)
    assert echo.got == DATA[:at]
    assert proxy.struck == 1


@pytest.mark.parametrize("at", [0, 1, 70_000])
def test_cut_down_ends_in_order_after_so_many_bytes(proxy: Proxy, at: int):
    proxy.set(Cut(at, Way.DOWN))
    with connect(proxy) as client:
        client.sendall(DATA[: at + 10])
        assert through(client, b"") == DATA[:at]


@pytest.mark.parametrize("way", Way)
def test_reset_is_seen_as_a_reset(proxy: Proxy, way: Way):
    proxy.set(Reset(10, way))
    with connect(proxy) as client, pytest.raises(ConnectionResetError):
        through(client, DATA)


def test_a_flipped_byte_is_the_only_one_that_differs(proxy: Proxy, echo: Echo):
    proxy.set(Flip(70_001, times=1))
    with connect(proxy) as client:
        got = through(client, DATA, len(DATA))
    assert [place for place in range(len(DATA)) if got[place] != DATA[place]] == [70_001]
    assert echo.got == got
    proxy.set(Flip(3, Way.DOWN))
    echo.got = b""
    with connect(proxy) as client:
        assert through(client, b"abcdef", 6) == b"abceef"
    assert echo.got == b"abcdef"


def test_a_fault_can_wait_for_what_the_client_says_and_strike_only_so_often(proxy: Proxy):
    proxy.set(Flip(4, when=b"PUT ", times=2))
    with connect(proxy) as client:
        assert through(client, b"GET aaaa", 8) == b"GET aaaa"
        assert through(client, b"PUT aaaa", 8) == b"PUT `aaa"
        assert through(client, b"aaaaaaaa", 8) == b"aaaaaaaa"
        assert through(client, b"PUT aaaa", 8) == b"PUT `aaa"
        assert through(client, b"PUT aaaa", 8) == b"PUT aaaa"
    assert proxy.struck == 2


def test_a_fault_counts_from_where_it_was_switched_on(proxy: Proxy):
    with connect(proxy) as client:
        assert through(client, b"before", 6) == b"before"
        proxy.set(Flip(1))
        assert through(client, b"aaaa", 4) == b"a`aa"
        proxy.heal()
        assert through(client, b"aaaa", 4) == b"aaaa"


def test_a_stall_keeps_the_connection_and_lets_go(proxy: Proxy, echo: Echo):
    proxy.set(Stall(5))
    with connect(proxy) as client:
        client.sendall(b"abcdefgh")
        proxy.wait_struck()
        wait_for(lambda: echo.got == b"abcde")
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        assert echo.got == b"abcde"
        client.settimeout(20)
        proxy.set(PASS)
        assert through(client, b"", 8) == b"abcdefgh"


def test_an_answer_of_its_own_never_reaches_the_server(proxy: Proxy, echo: Echo):
    proxy.set(Answer(when=b"PUT", data=b"503", times=1))
    with connect(proxy) as client:
        assert through(client, b"PUT" + DATA) == b"503"
    assert echo.got == b""
    with connect(proxy) as client:
        assert through(client, b"PUT", 3) == b"PUT"


def test_refuse_and_back_on_the_same_port(proxy: Proxy):
    with connect(proxy) as client:
        assert through(client, b"x", 1) == b"x"
        proxy.set(Refuse())
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
    proxy.heal()
    with connect(proxy) as client:
        assert through(client, b"y", 1) == b"y"


def test_delay_is_latency_and_not_bandwidth(proxy: Proxy):
    proxy.set(Delay(seconds=0.2))
    with connect(proxy) as client:
        client.settimeout(0.15)
        client.sendall(b"x")
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(20)
        assert client.recv(1) == b"x"
        assert through(client, DATA, len(DATA)) == DATA


def test_a_server_that_is_not_there_is_a_reset(proxy: Proxy, echo: Echo):
    echo.close()
    with Proxy(echo.port) as other, pytest.raises(ConnectionResetError), connect(other) as client:
        client.recv(1)


def test_many_connections_at_once(proxy: Proxy):
    def one(number: int) -> None:
        with connect(proxy) as client:
            data = bytes([number]) * 200_000
            good.append(through(client, data, len(data)) == data)

    good: list[bool] = []
    threads = [threading.Thread(target=one, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert good == [True] * 16
    assert proxy.connections == 16


def test_a_fault_says_what_it_is():
    assert Cut(3, Way.DOWN, times=2) == Cut(3, Way.DOWN, b"", 2)
    assert Cut(3) != Reset(3)
    assert issubclass(Answer, Fault)
