"""``python -m opis`` is ``opis``."""

from opis.cli import main

if __name__ == "__main__":
    main()
