"""The README's picture: a report on examples/, in headless Chromium; run by `make picture`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from natostance import StanceClassifier, read_documents
from natostance.report.site import write_report

OUT = Path(__file__).with_name("report.png")
ARTICLE, SENTENCE = "wire-report.txt", 9


def main() -> None:
    documents = [d for d in read_documents(["examples/"]) if d.doc_id.endswith(ARTICLE)]
    classifier = StanceClassifier.from_pretrained()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        page_file = Path(folder) / "report.html"
        write_report(classifier.label_many(documents), page_file, title="Northgate Wire, 17 March")
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1200, "height": 760})
        page.goto(page_file.as_uri())
        page.locator(f"#s1-{SENTENCE}").click()
        page.evaluate("scrollTo(0, 90)")
        page.screenshot(path=OUT)
        browser.close()
    print(f"{OUT}: {OUT.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
