"""What was executed, one line each: the tests' witness."""

import os


def log(layout, line):
    descriptor = os.open(layout.root / "executed.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)
