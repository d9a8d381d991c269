"""The project's own checks: what linters cannot know. `rules` for code and files, `translations` for the English catalogue.

A rule said twice in review is written down here, with its reason and with good and bad lines that test it.
"""
