"""The README's two commands can be found by the script that runs them."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
block = runpy.run_path(str(ROOT / ".ci" / "readme.py"))["block"]

MARKDOWN = """
```python
recost compare
```
```sh
first recost compare
second
```
text
```sh
recost compare again
pytest
```
"""


def test_the_first_block_with_the_word():
    assert block(MARKDOWN, "recost compare") == "first recost compare\nsecond\n"
    assert block(MARKDOWN, "pytest") == "recost compare again\npytest\n"


def test_no_block_with_the_word():
    with pytest.raises(LookupError, match="'recost sweep'"):
        block(MARKDOWN, "recost sweep")


@pytest.mark.parametrize("word", ["recost compare", "pytest"])
def test_the_readme_has_the_commands(word):
    command = block((ROOT / "README.md").read_text(encoding="utf-8"), word)
    assert ".venv/bin/pip install" in command
