"""The embedded database starts, is shared, survives crashes and is refused with a sentence."""

import os
import signal
import socket
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app.adapters.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresFailed
from app.adapters.unprivileged import reachable


@pytest.fixture(scope="module")
def directory():
    with TemporaryDirectory(prefix="oms-test-") as made:  # pytest's own is closed to the account that root drops to
        Path(made).chmod(0o755)
        yield Path(made)


def cluster(directory):
    return EmbeddedPostgres(directory)


def server(directory):
    return int((directory / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def listens(directory):
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(directory / "postgres" / "socket" / ".s.PGSQL.5432")) == 0


def test_the_address_names_a_database_that_listens_on_a_private_socket(directory):
    embedded = cluster(directory)
    assert embedded.start() == f"postgresql://oms@/oms?host={directory}/postgres/socket"
    assert listens(directory)
    assert (directory / "postgres" / "socket").stat().st_mode & 0o777 == 0o700
    embedded.stop()
    assert not listens(directory)


def test_the_cluster_belongs_to_an_unprivileged_account(directory):
    with cluster(directory):
        assert (directory / "postgres").stat().st_uid != 0


def test_the_last_user_to_stop_ends_the_cluster(directory):
    first, second = cluster(directory), cluster(directory)
    assert first.start() == second.start()
    first.stop()
    assert listens(directory)
    second.stop()
    assert not listens(directory)


def test_stopping_twice_does_no_harm(directory):
    embedded = cluster(directory)
    embedded.start()
    embedded.stop()
    embedded.stop()
    assert not listens(directory)


def test_a_cluster_that_a_killed_process_left_is_adopted_and_ended(directory):
    child = os.fork()
    if child == 0:
        cluster(directory).start()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    left = server(directory)
    with cluster(directory):
        assert server(directory) == left
    assert not listens(directory)


def test_a_killed_server_recovers(directory):
    embedded = cluster(directory)
    embedded.start()
    os.kill(killed := server(directory), signal.SIGKILL)
    embedded.stop()
    with cluster(directory):
        assert server(directory) != killed
        assert listens(directory)


def test_a_stale_mark_with_the_number_of_another_program_is_cleaned(directory):
    with cluster(directory):
        pass
    (directory / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n")
    with cluster(directory):
        assert server(directory) != os.getpid()


def test_an_interrupted_set_up_is_begun_anew(directory):
    with cluster(directory / "again"):
        pass
    home = directory / "again" / "postgres"
    (home / "data").rename(home / "data.part")
    with cluster(directory / "again"):
        assert listens(directory / "again")


def test_a_cluster_of_another_version_is_refused_by_a_sentence(directory):
    with cluster(directory):
        pass
    version = directory / "postgres" / "data" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(EmbeddedPostgresFailed, match=r"was made by PostgreSQL 17 and this is 18: choose another OMS_DATA_DIR\.$"):
        cluster(directory).start()
    version.write_text("18\n")


def test_a_path_that_is_too_long_for_a_socket_works(directory):
    deep = directory / ("x" * 90)
    with EmbeddedPostgres(deep, durable=False) as embedded:
        assert not (deep / "postgres" / "socket").exists()
        assert embedded._socket.stat().st_uid != 0


def test_what_is_not_durable_leaves_nothing_behind(directory):
    with EmbeddedPostgres(directory / "brief", durable=False) as embedded:
        assert listens(directory / "brief")
        kept = [embedded._home, embedded._socket]
    assert not any(place.exists() for place in kept)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can close a directory to the account that it drops to")
def test_a_home_that_is_closed_to_the_account_is_replaced_by_one_that_is_said():
    with TemporaryDirectory(prefix="oms-test-") as closed:  # 0700
        with EmbeddedPostgres(Path(closed) / "brief", durable=False, say=(said := []).append) as embedded:
            assert said == [f"{embedded._account.name} cannot enter {closed}/brief: the database is kept in {embedded._home}."]
        assert not embedded._home.parent.exists()
        place, account = reachable(Path(closed) / "checkout" / ".oms", "postgres")
        assert place.parent.parent == Path("/var/tmp")
        assert account.reaches(place.parent)
        place.parent.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else_below_var_tmp_is_refused(directory):
    with TemporaryDirectory(prefix="oms-test-") as closed:
        place, account = reachable(Path(closed) / ".oms", "postgres")
        os.chown(place.parent, account.uid, account.gid)
        with pytest.raises(EmbeddedPostgresFailed, match="belongs to somebody else: choose another OMS_DATA_DIR"):
            cluster(Path(closed) / ".oms").start()
        place.parent.rmdir()
