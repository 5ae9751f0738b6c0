"""A process is known by its number and its start; one that has ended is gone, waited for or not."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from tests.jobs.conftest import wait_for
from vitsci_viz.jobs import processes
from vitsci_viz.jobs.processes import identity, is_alive, pid_of, signal_group


def test_a_process_has_one_identity_as_long_as_it_runs():
    known = identity(os.getpid())
    assert known == identity(os.getpid())
    assert pid_of(known) == os.getpid()
    assert is_alive(known)


def test_the_start_is_that_which_the_system_tells():
    ticks = int(identity(os.getpid()).split()[2])
    started = psutil.boot_time() + ticks / os.sysconf("SC_CLK_TCK")
    assert abs(started - psutil.Process().create_time()) < 2


def test_a_name_with_brackets_and_spaces_does_not_confuse():
    code = "open('/proc/self/comm', 'w').write('x) Z 1 (y'); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert "(x) Z 1 (y)" in Path(f"/proc/{process.pid}/stat").read_text()
        known = identity(process.pid)
        assert known is not None
        assert int(known.split()[2]) >= int(identity(os.getpid()).split()[2])
        process.communicate(b"\n")


def test_a_process_that_has_ended_is_gone_before_it_is_waited_for():
    process = subprocess.Popen([sys.executable, "-c", ""])
    wait_for(lambda: identity(process.pid) is None)
    process.wait()
    assert identity(process.pid) is None


def test_another_start_is_another_process():
    pid, boot, ticks = identity(os.getpid()).split()
    assert not is_alive(f"{pid} {boot} {int(ticks) - 1}")
    assert not is_alive(f"{pid} {boot[::-1]} {ticks}")
    assert not is_alive(None)


def test_without_proc_the_start_comes_from_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setattr(processes, "PROC", tmp_path)
    known = identity(os.getpid())
    assert pid_of(known) == os.getpid()
    assert is_alive(known)
    assert identity(2**22 + 1) is None


def test_a_group_that_is_gone_is_left_in_peace():
    process = subprocess.Popen([sys.executable, "-c", ""], start_new_session=True)
    process.wait()
    signal_group(process.pid, 9)
