"""``python -m emulator``."""

from emulator.faces.cli import main

if __name__ == "__main__":
    main()
