"""Print the first free port on localhost from the one that is wished for: tools/free_port.py 5006."""

import contextlib
import socket
import sys


def is_free(port: int) -> bool:
    """Tell whether a server could listen there."""
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("localhost", port))
        except OSError:
            return False
        return True


if __name__ == "__main__":
    wished = int(sys.argv[1])
    free = next((port for port in range(wished, wished + 100) if is_free(port)), None)
    if free is None:
        sys.exit(f"no free port from {wished} to {wished + 99}: choose another with PORT=...")
    sys.stdout.write(f"{free}\n")
