"""A TLS door of loopback in front of a plain server, with a certificate authority of its own."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from types import TracebackType

from tests.servers.process import LOOPBACK, Unavailable


class TlsDoor:
    """``port`` speaks TLS and passes on to ``target_port``; ``authority``: the certificate that a client must trust."""

    def __init__(self, target_port: int, folder: Path) -> None:
        """Makes the certificates in the folder. Raises ``Unavailable`` without the program openssl."""
        self._target_port = target_port
        self.authority = folder / "authority.pem"
        _make_certificates(folder)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "server.pem", folder / "server.key")
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RD)
        self._listener.close()

    def __enter__(self) -> "TlsDoor":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            client.settimeout(30)
            inside = self._context.wrap_socket(client, server_side=True)
            with inside, socket.create_connection((LOOPBACK, self._target_port), timeout=30) as server:
                back = threading.Thread(target=_pump, args=(server, inside), daemon=True)
                back.start()
                _pump(inside, server)
                back.join(30)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def _make_certificates(folder: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        raise Unavailable("no program openssl")

    def run(*arguments: str) -> None:
        subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run("req", "-x509", *key, "-keyout", "authority.key", "-out", "authority.pem", "-days", "2", "-subj", "/CN=tests")
    run("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={LOOPBACK}")
    (folder / "names").write_text(f"subjectAltName=IP:{LOOPBACK}\n", encoding="ascii")
    signer = ("-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial", "-days", "2")
    run("x509", "-req", "-in", "server.csr", *signer, "-extfile", "names", "-out", "server.pem")
