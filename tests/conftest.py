"""What every Django test has: a small tree of units and one account per role."""
