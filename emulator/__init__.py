"""ringo-emu plays Ringotel for a messaging provider under test."""

__version__ = "0.1.0"

__all__ = ["__version__"]
