"""How a worker tells its keeper why it ended; every other status is the program's own."""

LOCKED = 75
"""The screen was locked: ask for the passphrase again."""
EARLY = 77
"""It was locked, and letters were typed behind that: nobody has taken them."""
HIDDEN = 76
"""It was locked while the cover was up: show nothing until a key is pressed."""
FAULT = 70
"""A fault of ours."""
