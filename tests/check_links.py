#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/check_links.py [HTML]: fails if a link is broken.

Checks every relative link and picture in the repository's Markdown files, with its anchor, as the forge resolves them,
and every link, picture, script and style sheet of the site in the folder HTML, with its anchor. Links to other hosts
are not followed, but scripts may come only from the host that serves MathJax.
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "cmake/site"))
import site_pages  # noqa: E402


class Page(HTMLParser):
    """The anchors of an HTML page, and what it refers to."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.targets = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)
            if value and (name in ("href", "src") or (name == "data" and tag == "object")):
                self.targets.append(value)


def external(target):
    return re.match(r"[a-z]+:|//", target) is not None


def headings(path):
    """Returns the anchors that the forge gives to the headings of a Markdown page."""
    text = site_pages.FENCE.sub("", path.read_text())
    seen, anchors = {}, set()
    for heading in re.findall(r"^#+ (.+)$", text, re.M):
        name = site_pages.slug(heading)
        seen[name] = seen.get(name, -1) + 1
        anchors.add(f"{name}-{seen[name]}" if seen[name] else name)
    return anchors


def check_markdown(report):
    count = 0
    for path in sorted(ROOT.rglob("*.md")):
        name = path.relative_to(ROOT).as_posix()
        if re.match(r"\.|build", name):
            continue
        for target in site_pages.links(name):
            if external(target):
                continue
            count += 1
            path, _, fragment = unquote(target).partition("#")
            file = (ROOT / name).parent / path if path else ROOT / name
            if not file.exists():
                report(f"{name}: {target}: no such file")
            elif fragment and (file.suffix != ".md" or fragment not in headings(file)):
                report(f"{name}: {target}: no such heading")
    return count


def scripted_targets(html):
    """Yields the pages that the navigation and the search lead to, which are in JavaScript."""
    for script in sorted(html.glob("*.js")):
        if script.name.startswith("navtreeindex"):
            continue  # positions in the tree, not links
        for target in re.findall(r'"([\w-]+\.html(?:#[^"]*)?)"', script.read_text()):
            yield script.name, target
    for script in sorted(html.glob("search/*_*.js")):
        for target in re.findall(r"'\.\./([\w-]+\.html(?:#[^']*)?)'", script.read_text()):
            yield script.name, target


def check_html(html, report):
    pages = {path: Page(path.read_text()) for path in sorted(html.rglob("*.html")) if path.parent.name != "search"}
    if html / "index.html" not in pages:
        sys.exit(f"check_links: no index.html in {html}")
    targets = [(page, target) for page in pages for target in pages[page].targets]
    targets += [(html / script, target) for script, target in scripted_targets(html)]
    count = 0
    for page, target in targets:
        if external(target):
            if re.search(r"\.js\b", urlsplit(target).path) and urlsplit(target).hostname != "cdn.jsdelivr.net":
                report(f"{page.relative_to(html)}: {target}: a script from an unknown host")
            continue
        count += 1
        parts = urlsplit(target)
        file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not file.is_file():
            report(f"{page.relative_to(html)}: {target}: no such file")
        elif parts.fragment and file in pages and unquote(parts.fragment) not in pages[file].anchors:
            report(f"{page.relative_to(html)}: {target}: no such anchor")
    return count


def main():
    broken = []
    checked = check_markdown(broken.append)
    if len(sys.argv) > 1:
        checked += check_html(Path(sys.argv[1]).resolve(), broken.append)
    for line in dict.fromkeys(broken):
        print(f"check_links: {line}", file=sys.stderr)
    if checked == 0:
        sys.exit("check_links: nothing to check")
    print(f"check_links: {checked} links, {len(set(broken))} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
