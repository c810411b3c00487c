"""The engine: it acts, over aiohttp, time and SQLite, on what the core decides."""
