"""The handlers of the console's API: each reads what it is asked, has the engine do it, and makes a record of it."""
