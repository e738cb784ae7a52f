"""`python -m recost` is `recost`."""

from recost.cli.app import main

main()
