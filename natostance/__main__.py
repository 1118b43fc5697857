"""``python -m natostance``."""

from natostance.cli.main import main

if __name__ == "__main__":
    main()
