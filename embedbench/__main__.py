"""``python -m embedbench``: the same as the ``embedbench`` command."""

from embedbench.cli import main

if __name__ == "__main__":
    main()
