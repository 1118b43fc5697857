"""``natostance`` and Python for the shells of a test, each call forked from one process.

What a command imports takes longer than most commands take, so that it is imported once. A call is
a process of its own all the same, with its own arguments, folder, environment and streams, and
ends with its own status.

    python forked.py serve SOCKET
    python -SE forked.py call SOCKET natostance ARGUMENTS...
    python -SE forked.py call SOCKET python CODE
"""

# a call imports no more than this, so that it takes little time
import json
import os
import socket
import sys


def call(path: str, arguments: list[str]) -> int:
    """Have the arguments run by the server, with the streams of this process.

    Returns:
        The exit status; 70 if the process ended without one.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        socket.send_fds(connection, [b"."], [0, 1, 2])
        request = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}
        connection.sendall(json.dumps(request).encode())
        connection.shutdown(socket.SHUT_WR)
        return int(connection.recv(16) or b"70")


def serve(path: str) -> None:
    """Fork a process for each call, until standard input ends."""
    import contextlib
    import select

    _import_all()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if listener not in ready:
                return
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _answer(connection)
            connection.close()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _answer(connection: socket.socket) -> None:
    """Be the process of a call."""
    status = 1
    try:
        _, streams, _, _ = socket.recv_fds(connection, 1, 3)
        with connection.makefile("rb") as file:
            request = json.load(file)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        status = _run(*request["arguments"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(str(status).encode())
        os._exit(status)


def _run(program: str, *arguments: str) -> int:
    """Run the command or the code, and give its exit status."""
    import traceback

    try:
        if program == "natostance":
            from natostance.cli.main import main

            sys.argv = ["natostance", *arguments]
            main()
        else:
            exec(compile(arguments[0], "<block>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _import_all() -> None:
    """Import what commands and snippets import; what starts threads is made in their processes."""
    import importlib

    from natostance.batch.language import detect_language

    for name in (
        "natostance.batch.job",
        "natostance.cli.main",
        "natostance.inference.openvino_backend",
        "natostance.report.site",
        "openvino",
        "pyarrow.parquet",
    ):
        importlib.import_module(name)
    # its model is loaded with the first text
    detect_language("The committee met on Monday in the old town hall.")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        sys.exit(call(sys.argv[2], sys.argv[3:]))
