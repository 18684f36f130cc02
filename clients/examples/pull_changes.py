#!/usr/bin/env python3
"""Keep a local copy (SQLite) of the records you may read, and bring it up to date as often as you like.

    pip install httpx
    export DIENHINH_KEY=dhk_...
    python pull_changes.py copy.sqlite --url http://127.0.0.1:8000          # once; --every 60 goes on

The first run notes the position of the feed, then reads the collections; every run then follows `GET /changes` from
the noted position. What was read and the position up to which it was read are stored together: killed at any moment,
it goes on where it was. Reading something twice does no harm, missing something does not happen.

When the map is redrawn, records come into a key's scope or leave it without being changed themselves. The feed tells
of the units; the collections are then read anew, and what they no longer hold is taken out of the copy.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx

COLLECTIONS = (
    "registrations",
    "evaluations",
    "directives",
    "propaganda-activities",
    "situation-figures",
    "good-practices",
    "awards",
    "reports",
)
REDRAWN = {"unit.change", "unit.end", "unit.leave", "unit.restore"}
TABLES = """
CREATE TABLE IF NOT EXISTS records (
  resource TEXT NOT NULL, id TEXT NOT NULL, unit TEXT, body TEXT NOT NULL, PRIMARY KEY (resource, id)
);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Source:
    """The service, asked patiently."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        """The answer to GET; waits while the service is busy. Raises httpx.HTTPError for what waiting does not mend."""
        for attempt in range(8):
            try:
                answer = self.client.get(path, params=parameters or None)
                if answer.status_code not in {429, 502, 503, 504}:
                    return answer
                told = answer.headers.get("Retry-After", "")
            except httpx.TransportError as fault:
                told = ""
                print(f"... {type(fault).__name__}; again", file=sys.stderr)
            time.sleep(float(told) if told.isdigit() else min(30, 0.5 * 2**attempt))
        raise httpx.TransportError("the service cannot be reached for now")

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Every item of a collection."""
        cursor: dict[str, str] = {}
        while True:
            answer = self.get(path, limit=200, **cursor)
            if answer.status_code == 403:  # the key may not read these
                return
            page = answer.raise_for_status().json()
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}


class Copy:
    """The local copy."""

    def __init__(self, path: str) -> None:
        self.database = sqlite3.connect(path)
        self.database.executescript(TABLES)

    def fact(self, name: str) -> str | None:
        """A noted fact."""
        found = self.database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return found[0] if found else None

    def note(self, name: str, value: str) -> None:
        """Note a fact; kept by the next commit."""
        self.database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def put(self, resource: str, record: dict[str, Any]) -> None:
        """Take a record in, or the newer state of it."""
        row = (resource, record["id"], record.get("unit", {}).get("code"), json.dumps(record, ensure_ascii=False))
        self.database.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", row)

    def delete(self, resource: str, identity: str) -> None:
        """Take a record out."""
        self.database.execute("DELETE FROM records WHERE resource = ? AND id = ?", (resource, identity))

    def keep_only(self, resource: str, identities: set[str]) -> None:
        """Take out every record of a collection but these."""
        rows = self.database.execute("SELECT id FROM records WHERE resource = ?", (resource,)).fetchall()
        for (identity,) in rows:
            if identity not in identities:
                self.delete(resource, identity)

    def read_anew(self) -> None:
        """Note that no collection counts as read."""
        self.database.execute("DELETE FROM facts WHERE name LIKE 'read %'")


def begin(source: Source, copy: Copy) -> None:
    """Read the collections not read yet. Changes meanwhile are in the feed after the position noted first."""
    if copy.fact("position") is None:
        copy.note("position", source.get("/api/v1/changes", limit=0).raise_for_status().json()["position"])
        copy.database.commit()
    for resource in COLLECTIONS:
        if copy.fact(f"read {resource}"):
            continue
        there = set()
        for record in source.pages(f"/api/v1/{resource}"):
            copy.put(resource, record)
            there.add(record["id"])
        copy.keep_only(resource, there)
        copy.note(f"read {resource}", "yes")
        copy.database.commit()
        print(f"read {resource}", flush=True)


def gone(record: httpx.Response) -> bool:
    """Whether the record is not there for us: deleted, out of our scope, or of a kind that the key may not read."""
    if record.status_code == 403:  # a key that is held off for another reason loses nothing of its copy
        return bool(record.json()["code"] == "forbidden")
    return record.status_code == 404


def follow(source: Source, copy: Copy) -> int:
    """Take in what changed since; how many changes."""
    taken = 0
    while True:
        answer = source.get("/api/v1/changes", after=copy.fact("position"), limit=200)
        page = answer.raise_for_status().json()
        # Several changes of one record need one reading: what counts is how it is now.
        for (resource, identity), change in {(item["resource"], item["id"]): item for item in page["items"]}.items():
            if resource not in COLLECTIONS:
                continue
            record = None if change["href"] is None else source.get(change["href"])
            if record is None or gone(record):
                copy.delete(resource, identity)
            else:
                copy.put(resource, record.raise_for_status().json())
        taken += len(page["items"])
        copy.note("position", page["position"])
        redrawn = any(item.get("verb") in REDRAWN for item in page["items"])
        if redrawn:
            copy.read_anew()
        copy.database.commit()
        if redrawn:
            begin(source, copy)
        if not page["has_more"]:
            return taken


def main() -> int:
    """Copy, then follow."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("copy", help="the SQLite file")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="address of the service")
    parser.add_argument("--every", type=float, help="go on, asking every so many seconds")
    options = parser.parse_args()
    key = os.environ.get("DIENHINH_KEY", "")
    if not key:
        print("Set DIENHINH_KEY to the key of your service account.", file=sys.stderr)
        return 1
    copy = Copy(options.copy)
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    try:
        with httpx.Client(base_url=options.url, headers=headers, timeout=60) as client:
            source = Source(client)
            begin(source, copy)
            while True:
                print(f"{follow(source, copy)} changes", flush=True)
                if options.every is None:
                    return 0
                time.sleep(options.every)
    except httpx.HTTPStatusError as fault:
        print(f"Refused: {fault.response.status_code} {fault.response.text[:300]}", file=sys.stderr)
        return 1
    except httpx.HTTPError as fault:
        print(f"{fault}. Run this again later: it goes on where it was.", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
