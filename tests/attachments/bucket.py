"""A tiny store that speaks enough S3 over real HTTP: objects, listing, multipart uploads; it looks for a signature."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

STAMP = "%a, %d %b %Y %H:%M:%S GMT"


class Bucket(ThreadingHTTPServer):
    """Objects by their path, ``/bucket/key``, and parts of uploads that are not finished."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.unsigned = 0
        self.failing = False

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Bucket

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _open(self) -> tuple[str, dict[str, str], bytes]:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if not re.match(r"AWS4-HMAC-SHA256 Credential=key-of-tests/", self.headers.get("Authorization", "")):
            self.server.unsigned += 1
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        return unquote(parts.path), query, self.rfile.read(length)

    def do_PUT(self) -> None:
        """An object, or a part of one."""
        path, query, body = self._open()
        if self.server.failing:
            return self._answer(403, b"<Error><Code>AccessDenied</Code></Error>")
        if "uploadId" in query:
            self.server.parts[query["uploadId"]][int(query["partNumber"])] = body
        else:
            self.server.objects[path] = body
        return self._answer(200, ETag=f'"{md5(body, usedforsecurity=False).hexdigest()}"')

    def do_POST(self) -> None:
        """The beginning and the end of an upload in parts, and deleting several at once."""
        path, query, body = self._open()
        if "uploads" in query:
            name = f"upload-{len(self.server.parts)}"
            self.server.parts[name] = {}
            shown = f"<InitiateMultipartUploadResult><UploadId>{name}</UploadId></InitiateMultipartUploadResult>"
            return self._answer(200, shown.encode())
        if "delete" in query:
            keys = re.findall(r"<Key>(.*?)</Key>", body.decode())
            for key in keys:
                self.server.objects.pop(f"{path.rstrip('/')}/{key}", None)
            told = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            return self._answer(200, f"<DeleteResult>{told}</DeleteResult>".encode())
        parts = self.server.parts.pop(query["uploadId"])
        self.server.objects[path] = b"".join(parts[number] for number in sorted(parts))
        return self._answer(200, b'<CompleteMultipartUploadResult><ETag>"x"</ETag></CompleteMultipartUploadResult>')

    def do_DELETE(self) -> None:
        """An object that goes."""
        path, _, _ = self._open()
        self.server.objects.pop(path, None)
        self._answer(204)

    def do_HEAD(self) -> None:
        """What is known of an object."""
        self._get()

    def do_GET(self) -> None:
        """An object, or the list of those under a prefix."""
        self._get()

    def _get(self) -> None:
        path, query, _ = self._open()
        stamp = datetime.now(UTC)
        if "list-type" in query:
            prefix = f"{path.rstrip('/')}/{query.get('prefix', '')}"
            found = [(key, body) for key, body in sorted(self.server.objects.items()) if key.startswith(prefix)]
            shown = "".join(
                f"<Contents><Key>{key.split('/', 2)[2]}</Key>"
                f"<LastModified>{stamp:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
                f'<ETag>"x"</ETag><Size>{len(body)}</Size></Contents>'
                for key, body in found
            )
            text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{shown}</ListBucketResult>"
            return self._answer(200, text.encode())
        if path not in self.server.objects:
            return self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        body = self.server.objects[path]
        known = {"Last_Modified": stamp.strftime(STAMP), "ETag": '"x"', "Content_Length": str(len(body))}
        return self._answer(200, body, **known)


@contextmanager
def listening() -> Iterator[Bucket]:
    """A bucket that listens on loopback meanwhile."""
    with Bucket() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
