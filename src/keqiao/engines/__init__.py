"""Engines: plain Python, no Django, no network. Each is entered by the names its package exports, and by `command.py` from the command line."""
