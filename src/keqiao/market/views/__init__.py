"""Market pages."""
