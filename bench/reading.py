"""``python -m bench.reading``: words found and CPU a page by resolution and layout, on demo pages at three damages."""

import os
import resource
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import cv2

from opis.demo.batch import make_demo, write_demo
from opis.demo.spec import DemoSpec, Side, Wish
from pipeline.domain.romanian.letters import comma_letters

RESOLUTIONS, LAYOUTS, DAMAGES = (180, 200, 240, 300), {"auto": 3, "block": 6}, (1, 2, 3)
SCANNED = 300


def main() -> None:
    for damage in DAMAGES:
        with tempfile.TemporaryDirectory(prefix="opis-bench-") as name:
            folder = Path(name)
            pages = _pages(folder, damage)
            for dpi in RESOLUTIONS:
                for layout, mode in LAYOUTS.items():
                    recall, worst, cpu = _read(pages, dpi, mode, folder)
                    figures = f"words {recall:.3f}  worst {worst:.3f}  {cpu:.2f} CPU s"
                    print(f"damage {damage}  {dpi} dpi  {layout:5}  {figures}")


def _pages(folder: Path, damage: int) -> list[tuple[Path, str]]:
    wishes = tuple(Wish(sheets=2) for _ in range(6))
    (batch,) = write_demo(make_demo(DemoSpec(seed=5, damage=damage, wishes=wishes)), folder).batches
    subprocess.run(["pdfimages", "-j", str(batch.path), str(folder / "p")], check=True)
    images = sorted(folder.glob("p-*"))
    return [
        (images[page.page - 1], batch.texts[page.page - 1]) for page in batch.batch.pages if page.side is Side.CONTENT
    ]


def _read(pages: list[tuple[Path, str]], dpi: int, mode: int, folder: Path) -> tuple[float, float, float]:
    """Share of words found over all pages, of the worst page, and CPU seconds a page."""
    listing = folder / "pages.txt"
    listing.write_text("".join(f"{_scaled(image, dpi, folder)}\n" for image, _ in pages))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        ["tesseract", str(listing), str(folder / "out"), "-l", "ron", "--psm", str(mode), "--dpi", str(dpi)],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    read = (folder / "out.txt").read_text(encoding="utf-8").split("\f")
    found = [_found(text, got) for (_, text), got in zip(pages, read, strict=False)]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    recall = sum(hits for hits, _ in found) / sum(words for _, words in found)
    return recall, min(hits / max(1, words) for hits, words in found), cpu / len(pages)


def _scaled(image: Path, dpi: int, folder: Path) -> Path:
    grey = cv2.imread(str(image), cv2.IMREAD_GRAYSCALE)
    factor = dpi / SCANNED
    target = folder / f"{image.stem}-{dpi}.pgm"
    cv2.imwrite(str(target), cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA))
    return target


def _found(true: str, got: str) -> tuple[int, int]:
    wanted, read = Counter(comma_letters(true).split()), Counter(comma_letters(got).split())
    return sum((wanted & read).values()), sum(wanted.values())


if __name__ == "__main__":
    main()
