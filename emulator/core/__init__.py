"""The pure core: it decides (read, render, match, map, compare) and never acts."""
