"""The scenario language: loading, running and judging."""
