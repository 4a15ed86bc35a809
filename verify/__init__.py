"""What is measured and judged: the only bridge between tasks and theory."""
