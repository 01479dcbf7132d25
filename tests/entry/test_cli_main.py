"""The command line itself: help, wrong words, ends that are no success."""

import io
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kgen.entry import cli
from kgen.entry.cli import main
from kgen.entry.cli.reply import Reply, verdict
from kgen.results import Refused, Result


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts one function in the place of every command."""

    def put(run: Any) -> None:
        module = SimpleNamespace(run=run, arguments=lambda parser: parser.add_argument("--quiet", action="store_true"))
        monkeypatch.setattr(cli, "import_module", lambda name: module)

    return put


def test_without_arguments_it_says_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith('kgen expands "agent A may call agent B" into the Kubernetes manifests that make it so.\n')
    for name, summary in cli.COMMANDS:
        assert f"  {name}" in out
        assert summary in out
    assert main(["--help"]) == 0
    assert capsys.readouterr().out == out


@pytest.mark.parametrize(
    "argv, message",
    [
        (["rendr"], "there is no command rendr; did you mean render?; see kgen --help"),
        (["xyzzy"], "there is no command xyzzy; see kgen --help"),
        (["render", "."[:1], "--plattform", "x"], "did you mean --platform?; see kgen render --help"),
        (["render"], "the following arguments are required: PATH; see kgen render --help"),
        (["version", "extra"], "kgen version has no option or argument extra; see kgen version --help"),
    ],
)
def test_a_wrong_word_names_the_nearest_right_one(argv: list[str], message: str, capsys: Any) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("kgen: error: ")
    assert message in err


def test_a_refused_run_prints_every_result_and_nothing_else(command: Any, capsys: Any) -> None:
    def refuse(options: Any) -> Reply:
        raise Refused(
            [Result("b", file="x.yaml", line=9), Result("a", file="x.yaml", line=2), Result("b", file="x.yaml", line=9)]
        )

    command(refuse)
    assert main(["render"]) == 1
    assert capsys.readouterr() == ("", "kgen: error: x.yaml:2: a\nkgen: error: x.yaml:9: b\n")


def test_notes_go_before_the_reply_and_quiet_leaves_them_out(command: Any, capsys: Any) -> None:
    command(lambda options: Reply("text\n", (Result("n", "info"), Result("w", "warning"))))
    assert main(["render"]) == 0
    assert capsys.readouterr() == ("text\n", "kgen: warning: w\nkgen: note: n\n")
    assert main(["render", "--quiet"]) == 0
    assert capsys.readouterr() == ("text\n", "kgen: warning: w\n")


def test_an_interrupt_is_no_traceback(command: Any, capsys: Any) -> None:
    def interrupt(options: Any) -> Reply:
        raise KeyboardInterrupt

    command(interrupt)
    assert main(["render"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_goes_away_is_no_traceback(command: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    class Gone(io.BytesIO):
        def write(self, data: Any) -> int:
            raise BrokenPipeError

    command(lambda options: Reply("text\n"))
    with open(tmp_path / "out", "w") as file:
        gone = SimpleNamespace(buffer=Gone(), flush=lambda: None, fileno=file.fileno)
        monkeypatch.setattr(sys, "stdout", gone)
        assert main(["render"]) == 141


def test_a_closed_pipe_ends_quietly() -> None:
    program = (
        "import sys; from kgen.entry import cli; from kgen.entry.cli.reply import Reply\n"
        "cli.import_module = lambda name: sys.modules['__main__']\n"
        "arguments = lambda parser: None\n"
        "run = lambda options: Reply('x' * 4_000_000)\n"
        "sys.exit(cli.main(['render']))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    assert process.stderr
    process.stdout.read(1)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(30) == 141
    process.stderr.close()


def test_only_errors_make_a_failure() -> None:
    assert verdict((Result("w", "warning"), Result("n", "info"))) == 0
    assert verdict((Result("e"),)) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("command", [["layers"], ["version"]])
def test_a_full_disk_is_said_in_one_line(command: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        run = subprocess.run([sys.executable, "-m", "kgen", *command], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (run.returncode, run.stderr) == (1, "kgen: error: the output: No space left on device\n")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("program", ["function", "plugin"])
def test_it_is_in_what_kustomize_and_kubectl_start_too(program: str, tmp_path: Path) -> None:
    config = "apiVersion: kgen.dev/v1alpha1\nkind: Platform\nmetadata: {name: p}\nspec: {namespaces: {a: {}}}\n"
    (tmp_path / "config.yaml").write_text(config)
    call = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n"
    call += textwrap.indent(config, "  ") if program == "function" else ""
    words = [] if program == "function" else [str(tmp_path / "config.yaml")]
    start = [sys.executable, "-c", f"from kgen.entry.program import {program}; {program}()", *words]
    with open("/dev/full", "wb") as full:
        given = call if program == "function" else ""
        run = subprocess.run(start, stdout=full, stderr=subprocess.PIPE, text=True, input=given)
    assert (run.returncode, run.stderr) == (1, "kgen: error: the output: No space left on device\n")
