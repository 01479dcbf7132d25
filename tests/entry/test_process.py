"""The end of a program: nothing is taken apart, and nothing is lost."""

import os
import subprocess
import sys

CODE = """
import atexit, sys
from kgen.entry.process import keep, run
class Heavy:
    def __del__(self): print("taken apart")
def main():
    atexit.register(lambda: print("handler"))
    keep(Heavy())
    sys.stdout.write("out\\n" * 1000); sys.stderr.write("err\\n")
    return 3
run(main)
"""


def test_streams_handlers_and_the_exit_code_are_as_ever() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n" * 1000 + "handler\n", "err\n")


def test_a_reader_that_has_gone_is_no_traceback() -> None:
    code = CODE.replace("* 1000", "* 1").replace('print("handler")', "None").replace("keep(Heavy())", "")
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    run = [sys.executable, "-c", code]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=buffered) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b"err\n"
        assert process.wait() == 3


def test_a_host_of_its_own_keeps_nothing() -> None:
    from kgen.entry import process

    process.keep(object())
    assert process._kept is None
