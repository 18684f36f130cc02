#!/usr/bin/env python3
"""Receive webhooks and believe only signed ones (Standard Webhooks), with nothing but Python.

export DIENHINH_WEBHOOK_SECRET=whsec_...        # several, separated by spaces, while one is being replaced
python verify_webhook.py 9000
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer

TOLERANCE = 300  # seconds: what is older may be something recorded and sent again


class NotVerified(Exception):
    """The message does not come from the service, or not now."""


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float | None = None) -> str:
    """The id of a message that is genuine; by it you know one that comes again. Raises :class:`NotVerified`.

    ``body`` must be the bytes as they came: parsed and written again, they are others. Names of headers in lower case.
    """
    try:
        identity, sent, signatures = (headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        age = abs((time.time() if now is None else now) - int(sent))
    except (KeyError, ValueError) as fault:
        raise NotVerified(f"headers missing or malformed: {fault}") from fault
    if age > TOLERANCE:
        raise NotVerified("too old, or from the future")
    signed = f"{identity}.{sent}.".encode() + body
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        if any(hmac.compare_digest(expected.encode(), given.encode()) for given in signatures.split(" ")):
            return identity
    raise NotVerified("no signature fits")


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what is genuine, at once; the work is done afterwards, elsewhere."""

    def do_POST(self) -> None:
        """One message."""
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), 1_000_000))
        try:
            headers = {name.lower(): value for name, value in self.headers.items()}
            identity = verify(headers, body, os.environ["DIENHINH_WEBHOOK_SECRET"].split())
        except NotVerified as fault:
            self.send_error(401, str(fault))
            return
        print(identity, json.loads(body)["type"], flush=True)
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 9000), Receiver).serve_forever()
