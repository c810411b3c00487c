"""The reference provider: a small, correct messaging provider that speaks the framework's sample API."""
