"""The `./keqiao` command: from a bare clone to a running bureau, and everything a maintainer starts by hand.

Standard library only, and outside the package `keqiao`, because it runs before the virtual environment exists.
It hides where things live, what has to be built first, and how to say what is missing.
"""
