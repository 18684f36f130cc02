#!/usr/bin/env python3
"""Send a unit's month from CSV files: directives, activities, figures of security and order.

    pip install httpx
    export DIENHINH_KEY=dhk_...                     # the key of a service account
    python push_month.py month --url http://127.0.0.1:8000 --unit 17509 --campaign KH320-2024

The folder holds any of directives.csv, activities.csv and figures.csv (UTF-8, first line = names of columns). Lines
go in batches; each is stored whole or not at all. Run it again as often as you like: after a crash, a cut line, or a
change of the files. What stands already stays as it is, what was changed is changed: a blank cell empties what was
there, a column that the file lacks leaves it. Exit: 0 all stored, 1 something to mend (every fault is named by file and
line), 2 the service cannot be reached for now (run it again later).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

# Which column of which file becomes which field of the API, and how. A star: the column must be filled.
TEXT, WHOLE = str, int
FILES: dict[str, tuple[str, dict[str, Any]]] = {
    "directives.csv": (
        "directives",
        dict.fromkeys(("track*", "document_kind*", "number_symbol*", "issued_on*", "title*"), TEXT)
        | dict.fromkeys(("issuing_body*", "obliges", "note"), TEXT),
    ),
    "activities.csv": (
        "activities",
        {
            "ref*": TEXT,  # your own number of the line: from it comes the id, so that a retry finds the same record
            "form*": TEXT,
            "nature*": TEXT,
            "venue_kind": TEXT,
            "date_from*": TEXT,
            "date_to": TEXT,
            "title*": TEXT,
            "place": TEXT,
            "sessions": WHOLE,
            "quantity": WHOLE,
            "people_reached": WHOLE,
            "result": TEXT,
        },
    ),
    "figures.csv": (
        "situation_figures",
        {"indicator*": TEXT, "before_value": WHOLE, "after_value": WHOLE, "note": TEXT},
    ),
}
BLANK = {"sessions": 0, "quantity": 0}  # what a blank cell says where null is no answer
IDS = uuid.UUID("5b1f5a2e-2f0c-5a6b-9a3e-7f0d6f1c2b3a")  # any constant of your own
PATIENCE = 8  # attempts for one batch before giving up


class Unreachable(Exception):
    """The service cannot be reached, or is too busy, for longer than we wait."""


@dataclass(frozen=True)
class Line:
    """One line of a file, as the API takes it."""

    file: str
    number: int
    kind: str
    item: dict[str, Any]

    def fault(self, pointer: str, message: str) -> str:
        """The fault as a person looks it up in the file."""
        column = pointer.strip("/").replace("/", ".")
        return f"{self.file}:{self.number}: {column + ': ' if column else ''}{message}"


# --- reading ---------------------------------------------------------------------------------------------------------


def read(folder: Path, unit: str) -> tuple[list[Line], list[str]]:
    """The lines of all files, and what is wrong with them before anything is sent."""
    lines: list[Line] = []
    faults: list[str] = []
    found = [name for name in FILES if (folder / name).is_file()]
    if not found:
        faults.append(f"{folder}: none of {', '.join(FILES)} is here")
    for name in found:
        try:
            with (folder / name).open(encoding="utf-8-sig", newline="") as file:
                lines += _lines(name, csv.DictReader(file, strict=True), unit, faults)
        except (UnicodeDecodeError, csv.Error) as fault:
            faults.append(f"{name}: cannot be read as CSV in UTF-8: {fault}")
    return lines, faults


def _lines(name: str, rows: csv.DictReader[str], unit: str, faults: list[str]) -> Iterator[Line]:
    kind, columns = FILES[name]
    names = {column.rstrip("*") for column in columns}
    needed = {column.rstrip("*") for column in columns if column.endswith("*")}
    header = set(rows.fieldnames or ())
    if header - names or needed - header:
        unknown, missing = ", ".join(sorted(header - names)), ", ".join(sorted(needed - header))
        faults.append(f"{name}:1: columns unknown: {unknown or 'none'}; missing: {missing or 'none'}")
        return
    for row in rows:
        number, item = rows.line_num, {}
        if None in row or None in row.values():
            faults.append(f"{name}:{number}: has another number of cells than the first line")
            continue
        for column, convert in columns.items():
            field = column.rstrip("*")
            value = (row.get(field) or "").strip()
            try:
                if value:
                    item[field] = convert(value)
                elif column.endswith("*"):
                    faults.append(f"{name}:{number}: {field}: must be filled")
                elif field in header and field != "date_to":  # an event without one ends on the day it begins
                    item[field] = BLANK.get(field)  # said, so that on_conflict=update empties it
            except ValueError:
                faults.append(f"{name}:{number}: {field}: {value!r} is not a whole number")
        if "ref" in item:
            item["id"] = str(uuid.uuid5(IDS, f"{unit}|{kind}|{item.pop('ref')}"))
        yield Line(name, number, kind, item)


# --- remembering -----------------------------------------------------------------------------------------------------


class State:
    """What was sent under which Idempotency-Key: written before the request leaves, and again after its answer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.batches: dict[str, dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else {}

    def keep_only(self, batches: set[str]) -> None:
        """Forget what this run does not hold: once something else was sent, what stood before is news again."""
        self.batches = {batch: noted for batch, noted in self.batches.items() if batch in batches}
        self._save()

    def key(self, batch: str) -> str:
        """The key of ``batch``: made once, so that a batch whose answer was lost is answered, not done again."""
        if batch not in self.batches:
            self.batches[batch] = {"key": str(uuid.uuid4()), "done": False}
            self._save()
        return str(self.batches[batch]["key"])

    def done(self, batch: str) -> bool:
        """Whether ``batch`` was stored in an earlier run."""
        return bool(self.batches.get(batch, {}).get("done"))

    def finish(self, batch: str) -> None:
        """``batch`` is stored."""
        self.batches[batch]["done"] = True
        self._save()

    def drop(self, batch: str) -> None:
        """``batch`` was refused: mended, it will be another request and have another key."""
        self.batches.pop(batch, None)
        self._save()

    def _save(self) -> None:
        beside = self.path.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(self.batches, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)  # a kill leaves the old file or the new one, never half of one


# --- sending ---------------------------------------------------------------------------------------------------------


def send(client: httpx.Client, body: bytes, key: str) -> httpx.Response:
    """POST until there is an answer that counts. Raises :class:`Unreachable`."""
    headers = {"Idempotency-Key": f'"{key}"', "Content-Type": "application/json"}
    for attempt in range(PATIENCE):
        pause = min(30.0, 0.5 * 2**attempt) * random.uniform(0.5, 1.0)
        try:
            answer = client.post("/api/v1/submissions?on_conflict=update", content=body, headers=headers)
            busy = answer.status_code == 409 and problem(answer).get("code") == "idempotency_in_progress"
            if not busy and answer.status_code not in {408, 429, 502, 503, 504}:
                return answer
            told = answer.headers.get("Retry-After", "")
            pause = max(pause, float(told)) if told.isdigit() else pause
            why = f"{answer.status_code}"
        except httpx.TransportError as fault:
            why = f"{type(fault).__name__}: {fault}"
        print(f"... {why}; again in {pause:.1f} s, with the same Idempotency-Key", file=sys.stderr, flush=True)
        time.sleep(pause)
    raise Unreachable(why)


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The error that ``answer`` tells (RFC 9457), or an empty one."""
    if answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        found: dict[str, Any] = answer.json()
        return found
    return {}


def bundle(unit: str, campaign: str | None, lines: list[Line]) -> tuple[dict[str, Any], dict[str, Line]]:
    """What is sent, and which line stands at which JSON Pointer of it."""
    sent: dict[str, Any] = {"unit": unit}
    if campaign:
        sent["campaign"] = campaign
    places: dict[str, Line] = {}
    for line in lines:
        items = sent.setdefault(line.kind, [])
        places[f"/{line.kind}/{len(items)}"] = line
        items.append(line.item)
    return sent, places


def told(answer: httpx.Response, places: dict[str, Line]) -> list[str]:
    """The faults of a refused batch, by file and line."""
    found = problem(answer)
    if not found:
        return [f"the service answered {answer.status_code} {answer.text[:200]!r}"]
    faults = []
    for error in found["errors"]:
        parts = error["pointer"].split("/")
        line = places.get("/".join(parts[:3])) if error["in"] == "body" else None
        rest = "/".join(parts[3:])
        faults.append(line.fault(rest, error["message"]) if line else f"{error['pointer']}: {error['message']}")
    quote = f"({found['code']}, request {found['request_id']})"
    return [*(faults or [found["detail"]]), f"{found['title']} {quote}"]


def push(client: httpx.Client, options: argparse.Namespace, lines: list[Line], state: State) -> list[str]:
    """Send everything batch by batch; what was refused."""
    faults: list[str] = []
    counted, ready = dict[str, int](), []
    for start in range(0, len(lines), options.batch):
        sent, places = bundle(options.unit, options.campaign, lines[start : start + options.batch])
        body = json.dumps(sent, ensure_ascii=False, sort_keys=True).encode()
        ready.append((start, hashlib.sha256(options.url.encode() + body).hexdigest(), body, places))
    state.keep_only({batch for _, batch, _, _ in ready})
    for start, batch, body, places in ready:
        if state.done(batch):
            counted["stored before"] = counted.get("stored before", 0) + len(places)
            continue
        answer = send(client, body, state.key(batch))
        if answer.status_code == 200:
            state.finish(batch)
            for outcome, number in answer.json()["summary"].items():
                counted[outcome] = counted.get(outcome, 0) + number
            print(f"{start + len(places)} of {len(lines)}", flush=True)
        else:
            state.drop(batch)
            faults += told(answer, places)
            if answer.status_code in {401, 403}:
                break
    print(", ".join(f"{number} {outcome}" for outcome, number in counted.items() if number) or "nothing stored")
    return faults


def main() -> int:
    """Read, send, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the folder with the CSV files")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="address of the service")
    parser.add_argument("--unit", required=True, help="code of the unit")
    parser.add_argument("--campaign", help="code of the campaign; needed for figures")
    parser.add_argument("--batch", type=int, default=200, help="lines in one request")
    parser.add_argument("--state", type=Path, help="the file that tells what the last run sent; without it all is sent")
    options = parser.parse_args()
    key = os.environ.get("DIENHINH_KEY", "")
    if not key:
        print("Set DIENHINH_KEY to the key of your service account.", file=sys.stderr)
        return 1
    lines, faults = read(options.folder, options.unit)
    if not faults:
        state = State(options.state or options.folder / "push_month.state.json")
        headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
        try:
            with httpx.Client(base_url=options.url, headers=headers, timeout=60) as client:
                faults = push(client, options, lines, state)
        except Unreachable as why:
            print(f"The service cannot be reached for now ({why}). Run this again later.", file=sys.stderr)
            return 2
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
