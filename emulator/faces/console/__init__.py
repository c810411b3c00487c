"""The console: a second listener for people and tests, with a REST API, a live feed and a page."""
