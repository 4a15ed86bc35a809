"""`python -m tightrope`, and the console script."""

from tightrope.cli import main

if __name__ == "__main__":
    main()
