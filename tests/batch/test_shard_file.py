"""Shards: what is written is read, and whatever is not what was written is refused."""

import hashlib

import numpy as np
import pytest
from city_shards import site_rows

from firelane.batch.model import Task
from firelane.batch.shard import SCHEMA, ShardError, read_record, read_shard, shard_path, write_shard


@pytest.fixture
def rows():
    return site_rows(np.random.default_rng(3), 3, 25, 4)


def test_what_is_written_is_read(tmp_path, rows):
    record, findings, lanes = rows
    path = tmp_path / "shards" / "ab" / "x.arrow"
    sha256 = write_shard(path, record, findings, lanes)
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    shard = read_shard(path, sha256)
    assert shard.record == record == read_record(path, sha256)
    assert shard.findings.equals(findings)
    assert shard.lanes.equals(lanes)
    assert list(path.parent.iterdir()) == [path]


def test_the_same_content_gives_the_same_bytes(tmp_path, rows):
    record, findings, lanes = rows
    again = site_rows(np.random.default_rng(3), 3, 25, 4)
    assert write_shard(tmp_path / "a", record, findings, lanes) == write_shard(tmp_path / "b", *again)


def test_a_site_without_findings_and_lanes(tmp_path, rows):
    record, findings, lanes = rows
    write_shard(tmp_path / "a", record, findings.slice(0, 0), lanes.slice(0, 0))
    shard = read_shard(tmp_path / "a")
    assert (len(shard.findings), len(shard.lanes)) == (0, 0)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_cut_file_is_refused_even_without_a_hash(tmp_path, rows, share):
    path = tmp_path / "a"
    write_shard(path, *rows)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ShardError):
        read_shard(path)


def test_another_hash_another_format_no_file(tmp_path, rows):
    path = tmp_path / "a"
    write_shard(path, *rows)
    for read in (read_record, read_shard):
        with pytest.raises(ShardError, match="not what was written"):
            read(path, "0" * 64)
        with pytest.raises(ShardError):
            read(tmp_path / "none")
    path.write_bytes(path.read_bytes().replace(SCHEMA.encode(), b"firelane-shard/9"))
    with pytest.raises(ShardError, match="firelane-shard"):
        read_record(path)


def test_a_number_that_json_cannot_hold_is_refused_when_written(tmp_path, rows):
    record, findings, lanes = rows
    with pytest.raises(ValueError, match="JSON"):
        write_shard(tmp_path / "a", record | {"lon": float("nan")}, findings, lanes)


def test_shards_are_spread_over_folders_whatever_their_names(tmp_path):
    tasks = [Task(name, "/x", name) for name in ("a/b", "../../x", "CON", "长" * 200, "x\udcff", "=1+1")]
    paths = [shard_path(tmp_path, task) for task in tasks]
    assert len(set(paths)) == len(tasks)
    for path in paths:
        assert path.relative_to(tmp_path).parts[0] == "shards"
        assert len(path.relative_to(tmp_path).parts) == 3
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
