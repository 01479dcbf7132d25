"""The command line: finds the command, runs it, writes what it replied, and turns every end into an exit code.

A command is a module of this folder with `arguments(parser)` and `run(options) -> Reply`. It writes nothing
itself: results go to stderr, the reply to stdout in one piece at the very end, so that a refused run leaves
nothing behind a redirection. Only the chosen command is imported, and only its parser built.
"""

import os
import sys
from importlib import import_module

from kgen.entry.cli import plain
from kgen.entry.cli.reply import Reply
from kgen.entry.process import run
from kgen.records import TYPE_CHECKING, Any
from kgen.results import OK, REFUSED, USAGE, Refused, Result

if TYPE_CHECKING:
    from typing import NoReturn

COMMANDS: tuple[tuple[str, str], ...] = (
    ("render", "expand links into the manifests that make them so"),
    ("check", "check manifests and links: schemas, names, references, secrets"),
    ("prove", "prove that manifests allow what links ask for, and nothing else"),
    ("why", "whether one end reaches another, by which rule, and what would change it"),
    ("blast", "what somebody who holds one agent reaches"),
    ("diff", "who can now call whom, and which objects changed, between two revisions"),
    ("graph", "draw who may call whom, as proven"),
    ("layers", "what each layer is for, and what it needs in the cluster"),
    ("explain", "which link, layer and template line made an object, field by field"),
    ("fn", "the KRM function that kustomize and kpt start"),
    ("argocd", "the config management plugin that Argo CD's sidecar starts"),
    ("install", "put kgen where kubectl kustomize looks for plugins"),
    ("doctor", "whether the kustomize, kubectl and kpt of this machine run kgen, and the fix"),
    ("machine-files", "files for the machines around the cluster: audit, firewall, WireGuard, nginx, encryption"),
    ("verify-files", "a script, with its table, that asks a running cluster whether links hold"),
    ("schema", "JSON Schemas of kgen's own kinds, for editors"),
    ("version", "the version of kgen"),
)
INTERRUPTED = 130  # 128 + SIGINT
BROKEN_PIPE = 141  # 128 + SIGPIPE


class UsageError(Exception):
    """The command line is wrong. The message is for people, without the program's name."""


def start() -> "NoReturn":
    """The `kgen` command."""
    run(main)


def main(argv: list[str] | None = None) -> int:
    """Runs one command. Returns 0, 1 when the input is refused, 2 when the command line is wrong."""
    arguments = sys.argv[1:] if argv is None else argv
    try:
        code = _run(arguments) if (started := _as_function(arguments)) is None else started
        sys.stdout.flush()
    except UsageError as error:
        code = _complain(f"kgen: error: {error}\n")
    except (OSError, KeyboardInterrupt) as error:
        code = ended(error)
    return code


def ended(error: OSError | KeyboardInterrupt) -> int:
    """The exit code of a run that could not end as it should, with a line where there is somebody to read it."""
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    # Python would complain once more when it closes the stream
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE  # the reader has gone
    # a full disk, mostly: what can not be read is refused where it is read
    _complain(f"kgen: error: {error.filename or 'the output'}: {error.strerror}\n")
    return REFUSED


def _as_function(arguments: list[str]) -> int | None:
    """Runs as the function of a kustomization without a parser, which would cost as much as a link; else None."""
    if arguments == ["fn"]:
        from kgen.entry import krm

        return krm.main()
    if arguments and arguments[0].rpartition("/")[2].startswith("kust-plugin-config-"):
        from kgen.entry import legacy_exec

        return legacy_exec.main(arguments)
    return None


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        if arguments[1:] and arguments[0] == "help":
            return _run([arguments[1], "--help"])
        _write(overview())
        return OK if arguments else USAGE
    if arguments[0] == "--version":
        arguments = ["version", *arguments[1:]]
    command, rest = arguments[0], arguments[1:]
    if command not in dict(COMMANDS):
        raise UsageError(f"there is no command {command}{nearest(command, dict(COMMANDS))}; see kgen --help")
    module = import_module(f"kgen.entry.cli.{command.replace('-', '_')}")
    options: Any = plain.options(module, rest)
    try:
        # intermixed: else Python before 3.13 takes no further path, or folder, after an option
        options = options or make_parser(command, module).parse_intermixed_args(rest)
    except SystemExit:  # --help; errors come as UsageError
        return OK
    try:
        reply: Reply = module.run(options)
    except Refused as refused:
        _report(refused.results, quiet=True)  # notes are for a run that came to something
        return REFUSED
    _report(reply.results, getattr(options, "quiet", False))
    if not getattr(options, "quiet", False):
        sys.stderr.write(reply.aside)
    _write(reply.text)
    return reply.code


def make_parser(command: str, module: Any) -> Any:
    """The argparse parser of one command; its errors are UsageError and name the nearest option."""
    from argparse import ArgumentParser, RawDescriptionHelpFormatter

    class Parser(ArgumentParser):
        def error(self, message: str) -> "NoReturn":
            if message.startswith("unrecognized arguments: "):
                unknown = message.removeprefix("unrecognized arguments: ").split()[0]
                known = [text for action in self._actions for text in action.option_strings]
                message = f"{self.prog} has no option or argument {unknown}{nearest(unknown.partition('=')[0], known)}"
            raise UsageError(f"{message}; see {self.prog} --help")

    def formatter(prog: str) -> Any:
        # given a width it does not import shutil to ask the terminal, for every option anew
        return RawDescriptionHelpFormatter(prog, width=100, max_help_position=28)

    parser = Parser(prog=f"kgen {command}", description=module.__doc__, allow_abbrev=False, formatter_class=formatter)
    module.arguments(parser)
    return parser


def nearest(text: str, known: Any) -> str:
    """`; did you mean X?` for the nearest known word, "" when none is near."""
    from difflib import get_close_matches

    near = get_close_matches(text, list(known), 1, 0.5)
    return f"; did you mean {near[0]}?" if near else ""


def overview() -> str:
    """What kgen says when it is asked for nothing in particular."""
    width = max(len(name) for name, _ in COMMANDS)
    commands = "".join(f"  {name.ljust(width)}  {summary}\n" for name, summary in COMMANDS)
    return (
        'kgen expands "agent A may call agent B" into the Kubernetes manifests that make it so.\n\n'
        f"usage: kgen COMMAND [OPTIONS]\n\n{commands}\n"
        "  kgen COMMAND --help   the options of a command\n\n"
        "Try it: kgen render links/ -o rendered/\n"
    )


def _report(results: tuple[Result, ...], quiet: bool) -> None:
    if results:
        from kgen.present import problems
        from kgen.results import INFO

        shown = [result for result in results if not (quiet and result.severity == INFO)]
        sys.stderr.write(problems.text(shown, colour(sys.stderr)))


def colour(stream: Any) -> bool:
    """Whether a stream is a terminal that shows colours (https://no-color.org)."""
    return bool(stream.isatty()) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write(text: str | bytearray) -> None:
    """All of the output at once, in UTF-8 whatever the locale."""
    if text:
        from kgen.entry.writer import write_whole

        sys.stdout.flush()
        write_whole(text.encode() if isinstance(text, str) else text)


def _complain(text: str) -> int:
    sys.stderr.write(text)
    return USAGE
