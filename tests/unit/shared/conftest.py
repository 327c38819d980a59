"""A real S3 server with Object Lock (Ceph radosgw on memory), where its binaries are installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config

from countersign.cli.embedded.network import port_answers, port_choose
from countersign.cli.embedded.processes import ProcessGroup, ProcessSpec
from countersign.shared.storage import S3Store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

INSTALL = "apt-get install -y --no-install-recommends ceph-mon ceph-osd radosgw"
ACCESS_KEY, SECRET_KEY = "TESTACCESSKEY", "TESTSECRETKEY"
CONFIGURATION = """
[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{mon}]
mon_initial_members = a
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
run_dir = {root}/run
log_file = {root}/$name.log
admin_socket = {root}/run/$name.asok
pid_file = {root}/run/$name.pid
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
paxos_propose_interval = 0.01
paxos_min_wait = 0.01
mon_tick_interval = 1
osd_op_num_shards = 1
mon_warn_on_pool_no_redundancy = false
mon_data_avail_warn = 1
mon_data_avail_crit = 1
mon_data = {root}/mon
osd_data = {root}/osd
osd_objectstore = memstore
memstore_device_bytes = 1073741824
osd_memory_target = 939524096
ms_bind_ipv6 = false
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_port_min = {low}
ms_bind_port_max = {high}
[client.rgw]
rgw_data = {root}/rgw
rgw_frontends = beast endpoint=127.0.0.1:{rgw} tcp_nodelay=1
rgw_dns_name = 127.0.0.1
rgw_thread_pool_size = 16
ms_mon_client_mode = crc
rgw_enable_usage_log = false
"""


class Ceph:
    """One monitor, one storage daemon, one gateway."""

    def __init__(self, root: Path, group: ProcessGroup) -> None:
        self._root, self._group = root, group
        self.port = port_choose()
        low = port_choose()
        for name in ("mon", "osd", "run", "rgw"):
            (root / name).mkdir(parents=True)
        self._fsid = str(uuid.uuid4())
        self._mon = port_choose()
        (root / "ceph.conf").write_text(
            CONFIGURATION.format(
                root=root, fsid=self._fsid, mon=self._mon, rgw=self.port, low=low, high=min(low + 50, 65_000)
            )
        )
        self._environment = {**os.environ, "CEPH_CONF": str(root / "ceph.conf")}
        self._user = ("--setuser", "root", "--setgroup", "root") if os.geteuid() == 0 else ()

    def _run(self, *argv: str) -> str:
        done = subprocess.run(
            argv,
            env=self._environment,
            cwd=self._root,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout.strip()

    def _spawn(self, name: str, *argv: str) -> None:
        self._group.start(
            ProcessSpec(name, (*argv, "-f", *self._user), self._root / f"{name}.out", self._environment)
        )

    def start(self) -> None:
        self._run(
            "monmaptool",
            "--create",
            "--fsid",
            self._fsid,
            "--addv",
            "a",
            f"[v2:127.0.0.1:{self._mon}]",
            "monmap",
        )
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", "monmap", *self._user)
        self._spawn("mon", "ceph-mon", "-i", "a")
        osd = str(uuid.uuid4())
        number = self._run("ceph", "osd", "new", osd)
        self._run("ceph-osd", "-i", number, "--mkfs", "--osd-uuid", osd, *self._user)
        self._spawn("osd", "ceph-osd", "-i", number)
        self._run("ceph", "osd", "crush", "add", f"osd.{number}", "1", "root=default", "host=h")
        self._spawn("rgw", "radosgw", "-n", "client.rgw")
        deadline = time.monotonic() + 60
        while not port_answers(self.port):
            if time.monotonic() > deadline:
                pytest.fail("radosgw does not answer within a minute")
            time.sleep(0.05)
        self._run(
            *("radosgw-admin", "-n", "client.rgw", "user", "create", "--uid=app", "--display-name=app"),
            f"--access-key={ACCESS_KEY}",
            f"--secret-key={SECRET_KEY}",
        )


@pytest.fixture(scope="session")
def s3_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Client]:
    missing = [name for name in ("ceph-mon", "ceph-osd", "radosgw") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed; run: {INSTALL}")
    with ProcessGroup() as group:
        ceph = Ceph(tmp_path_factory.mktemp("ceph"), group)
        ceph.start()
        yield boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{ceph.port}",
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            config=Config(s3={"addressing_style": "path"}),
        )


@pytest.fixture(scope="session")
def s3_store(s3_client: S3Client) -> S3Store:
    s3_client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    return S3Store(s3_client, "locked")


@pytest.fixture(scope="session")
def s3_unlocked(s3_client: S3Client) -> S3Store:
    s3_client.create_bucket(Bucket="unlocked")
    return S3Store(s3_client, "unlocked")
