"""The commands, a module each; the group imports one when it is called."""
