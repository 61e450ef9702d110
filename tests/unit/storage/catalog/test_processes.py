"""Telling a dead process from a living one, and both from one that cannot be seen."""

import os
import subprocess
import sys
from dataclasses import replace

from storage.catalog.processes import surely_dead, this_process


def test_this_process_lives() -> None:
    here = this_process()
    assert here.pid == os.getpid()
    assert here == this_process()
    assert not surely_dead(here)


def test_a_number_that_nobody_has_or_that_was_given_again_is_a_dead_process() -> None:
    here = this_process()
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert surely_dead(replace(here, pid=child.pid))
    assert surely_dead(replace(here, started="1"))


def test_what_cannot_be_known_is_taken_to_live() -> None:
    here = this_process()
    for unknown in (replace(here, host="elsewhere"), replace(here, host=None), replace(here, started=None)):
        assert not surely_dead(replace(unknown, pid=2**22 - 1))


def test_a_process_of_another_name_space_or_user_is_not_judged() -> None:
    init = replace(this_process(), pid=1, started=None)
    assert not surely_dead(init)
