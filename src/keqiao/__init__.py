"""Keqiao (科桥): the open operating system of a science-and-technology bureau."""

__version__ = "0.1.0"
