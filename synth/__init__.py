"""What the bounds are tried on: tasks, families, suites, real data. Knows nothing of theory."""
