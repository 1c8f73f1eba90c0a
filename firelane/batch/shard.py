"""One site's share of the city's tables, as one file: the record, the findings, the lanes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from firelane.batch.model import Task
from firelane.batch.record import findings_table, lanes_table, site_record
from firelane.files import output_error, write_bytes

if TYPE_CHECKING:
    from firelane.run import RunResult

SCHEMA = "firelane-shard/1"


class ShardError(ValueError):
    """A shard is not there, or is not what was written: its site counts as not done."""


@dataclass(frozen=True)
class Shard:
    """What a shard holds."""

    record: Mapping[str, Any]
    findings: pa.Table
    lanes: pa.Table


def shard_path(out: Path, task: Task) -> Path:
    """Return where the shard of a task lies: one folder for every 1/256 of the sites, none with half a million files."""
    digest = hashlib.sha256(task.site_id.encode("utf-8", "surrogatepass")).hexdigest()
    return out / "shards" / digest[:2] / f"{task.folder}.arrow"


def write_site(out: Path, task: Task, result: RunResult) -> str:
    """Write the shard of a site that was done; return its SHA-256.

    Parameters
    ----------
    out : Path
        Folder of the batch.
    task : Task
    result : RunResult

    Raises
    ------
    OutputError
    """
    return write_shard(shard_path(out, task), site_record(task, result), findings_table(result), lanes_table(result))


def write_shard(path: Path, record: Mapping[str, Any], findings: pa.Table, lanes: pa.Table) -> str:
    """Write one shard, whole or not at all, and its folder if need be; return the file's SHA-256.

    Three Arrow streams one after another: the record (one row of JSON text), the findings, the lanes.

    Raises
    ------
    OutputError
    """
    text = json.dumps(dict(record), ensure_ascii=True, allow_nan=False)
    head = pa.table({"record": pa.array([text], pa.string())}).replace_schema_metadata({"schema": SCHEMA})
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
    for table in (head, findings.combine_chunks(), lanes.combine_chunks()):
        with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
            writer.write_table(table)
    content = sink.getvalue().to_pybytes()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(path.parent, error) from error
    write_bytes(path, content)
    return hashlib.sha256(content).hexdigest()


def read_record(path: Path, sha256: str = "") -> Mapping[str, Any]:
    """Return the record alone, without unpacking the rest.

    Raises
    ------
    ShardError
        If the file is not there, is damaged, or has another hash than ``sha256`` (where one is given).
    """
    stream = pa.BufferReader(_bytes(path, sha256))
    try:
        return _record(stream)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise ShardError(f"{path.name}: {error}") from error


def read_shard(path: Path, sha256: str = "") -> Shard:
    """Return all that a shard holds.

    Raises
    ------
    ShardError
        As of ``read_record``.
    """
    stream = pa.BufferReader(_bytes(path, sha256))
    try:
        record = _record(stream)
        findings, lanes = (pa.ipc.open_stream(stream).read_all() for _ in range(2))
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise ShardError(f"{path.name}: {error}") from error
    return Shard(record, findings, lanes)


def _bytes(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ShardError(f"{path.name}: {error.strerror or error}") from error
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise ShardError(f"{path.name}: it is not what was written")
    return content


def _record(stream: pa.BufferReader) -> Mapping[str, Any]:
    with pa.ipc.open_stream(stream) as reader:
        table = reader.read_all()
    if (table.schema.metadata or {}).get(b"schema") != SCHEMA.encode():
        raise ShardError(f"not a {SCHEMA}")
    record = json.loads(table.column("record")[0].as_py())
    if not isinstance(record, dict):
        raise ShardError("its record is no table")
    return record


