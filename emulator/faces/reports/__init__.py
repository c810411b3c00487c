"""Reports: one result record, many ways to show it."""
