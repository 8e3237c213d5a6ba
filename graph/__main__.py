"""The way into the command `adgraph`, from its first moment on."""

import signal


def main() -> None:
    """Runs the command. A Ctrl-C while Python still reads its modules ends it without a trace: nothing has begun."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from graph.cli import main

    main()


if __name__ == "__main__":
    main()
