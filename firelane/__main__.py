"""``python -m firelane``."""

from firelane.cli import main

if __name__ == "__main__":
    main()
