"""The step kinds, a module for each sort; `registry` lists them."""
