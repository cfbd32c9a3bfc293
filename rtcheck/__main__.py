"""``python -m rtcheck``: the same as the command ``rtcheck``."""

from rtcheck.cli import main

if __name__ == "__main__":
    main()
