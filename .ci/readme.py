"""Print the first ```sh block of a README that contains a word: what a reader would paste.

Used as `python3 .ci/readme.py README.md 'recost compare'`.
"""

import re
import sys
from pathlib import Path


def block(markdown: str, word: str) -> str:
    """The text of the first fenced sh block with `word` in it; LookupError if there is none."""
    for found in re.finditer(r"^```sh\n(.*?)^```", markdown, flags=re.MULTILINE | re.DOTALL):
        if word in found[1]:
            return found[1]
    raise LookupError(f"no sh block of the README contains '{word}'")


if __name__ == "__main__":
    path, word = sys.argv[1:]
    sys.stdout.write(block(Path(path).read_text(encoding="utf-8"), word))
