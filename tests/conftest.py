"""What all tests stand on."""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts them in the background, as some CI does, has them and all that they start ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
