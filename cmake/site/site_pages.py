#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Combines the Markdown pages, the examples and the reference into one site.

    site_pages.py filter PAGE       prints a Markdown page for Doxygen, with formulas, anchors and links rewritten
    site_pages.py prepare FOLDER    writes layout.xml, the navigation, and examples.dox into FOLDER
    site_pages.py finish HTML       completes Doxygen's output in HTML: adds linked files and a search for words in pages

Pages link each other as on the forge, by relative paths and GitHub's anchors. The navigation follows the lists of links
in docs/guide/README.md and docs/index.md. A page that no part of the navigation names is an error.
"""

import functools
import hashlib
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from xml.sax.saxutils import quoteattr

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"(^```.*?^```$)", re.M | re.S)
INLINE = re.compile(r"(?P<code>`[^`]*`)|(?P<formula>^ *\$\$$.*?^ *\$\$$)|(?P<dollar>\$)"
                    r"|(?P<start>!?\[[^\[\]]*\]\()(?P<target>[^()\s]+)\)", re.M | re.S)
PROJECT = ["docs/architecture.md", "docs/matrix-product.md", "docs/performance.md", "docs/scaling.md", "docs/results.md",
           "benchmarks/README.md", "docs/style.md", "CONTRIBUTING.md", "CHANGELOG.md"]
COMMON = set("about after all also and any are because been before but can cannot does each else every for from has have "
             "here how its into like may more most must not one only other out over same than that the their them then "
             "there these they this two use used uses using was were what when where which while with without you your "
             "auto char const int size_t std void return include namespace main true false".split())


@functools.cache
def pages():
    """Returns the paths of all Markdown pages of the site, relative to the repository."""
    found = [*ROOT.glob("docs/**/*.md"), *map(ROOT.joinpath, ["README.md", "examples/README.md", *PROJECT])]
    return sorted({page.relative_to(ROOT).as_posix() for page in found})


def page_id(page):
    """Returns the name of a page's HTML file, without its extension."""
    if page == "README.md":
        return "index"
    if page == "examples/README.md":
        return "example_programs"  # Doxygen has an examples.html
    name = re.sub(r"\.md$", "", page).lower()
    name = re.sub(r"^docs/(?!guide/)", "tutorial/" if re.match(r"docs/(\d|index)", name) else "", name)
    name = re.sub(r"^docs/", "", name)
    name = re.sub(r"/(readme|index)$", "", name)
    return re.sub(r"[^a-z0-9]+", "_", name)


def title(page):
    return re.search(r"^# (.+)$", (ROOT / page).read_text(), re.M).group(1)


def slug(heading):
    """Returns the anchor that GitHub generates for a heading."""
    heading = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchor(page, fragment):
    """Returns a name for a heading that no other page has."""
    return page_id(page) + "-" + re.sub(r"[^a-z0-9_-]", "", fragment)


@functools.cache
def sources():
    """Returns the page that Doxygen makes of each header, which is named by the shortest path that is unique."""
    headers = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("include/gradus/**/*.hpp")
               if "compiled" not in path.relative_to(ROOT).parts[:-1]]
    result = {}
    for header in headers:
        parts = header.split("/")
        alike = [other.split("/") for other in headers if other != header and other.endswith("/" + parts[-1])]
        length = 1
        while any(other[-length:] == parts[-length:] for other in alike):
            length += 1
        if alike:  # the path without what all of them share
            shared = 0
            while all(shared < len(other) and other[shared] == parts[shared] for other in alike):
                shared += 1
            length = len(parts) - shared
        name = "/".join(parts[-length:])
        escaped = name.replace("_", "__").replace("/", "_2").replace(".", "_8")
        result[header] = escaped + "_source.html"
    return result


def site_link(page, target):
    """Returns where a link of a page leads in the site."""
    path, _, fragment = target.partition("#")
    if re.match(r"[a-z]+:", target):
        return target
    absolute = ((ROOT / page).parent / path).resolve() if path else ROOT / page
    relative = absolute.relative_to(ROOT).as_posix()
    if relative in pages():
        return page_id(relative) + ".html" + ("#" + anchor(relative, fragment) if fragment else "")
    if relative in sources():
        return sources()[relative]
    if relative == "examples":
        return "example_programs.html"
    if absolute.is_dir():
        return "dir_" + hashlib.md5((relative + "/").encode()).hexdigest() + ".html"
    if re.fullmatch(r"examples/\w+\.cpp", relative):
        return relative.removeprefix("examples/").replace(".", "_8") + "-example.html"
    return "files/" + relative + ".txt"


def filter_page(page):
    """Returns a page in Doxygen's Markdown."""
    seen = {}

    def heading(match):
        name = page_id(page)
        if name == "index" and len(match[1]) == 1:
            return match[0]
        if len(match[1]) > 1:
            fragment = slug(match[2])
            seen[fragment] = seen.get(fragment, -1) + 1
            name = anchor(page, fragment + (f"-{seen[fragment]}" if seen[fragment] else ""))
        return f"{match[0]} {{#{name}}}"

    def inline(match):
        if match["code"]:
            return match["code"]
        if match["formula"]:
            return match["formula"].replace("$$", "\\f[", 1).replace("$$", "\\f]", 1)
        if match["dollar"]:
            return "\\f$"
        target = match["target"]
        return match["start"] + (target.rsplit("/", 1)[-1] if match["start"].startswith("!") else site_link(page, target)) + ")"

    def prose(text):
        return INLINE.sub(inline, re.sub(r"^(#+) (.+)$", heading, text, flags=re.M))

    parts = FENCE.split((ROOT / page).read_text())
    return "".join(part if i % 2 else prose(part) for i, part in enumerate(parts))


def links(page):
    """Returns the targets of a page's links and pictures, outside of code."""
    text = FENCE.sub("", (ROOT / page).read_text())
    return [match["target"] for match in INLINE.finditer(text) if match["target"]]


def listed(page):
    """Returns the pages of the same folder that a page links, in order."""
    paths = [((ROOT / page).parent / target).resolve().relative_to(ROOT).as_posix()
             for target in links(page) if re.fullmatch(r"[^:#]+\.md", target)]
    return list(dict.fromkeys(path for path in paths if Path(path).parent == Path(page).parent and path != page))


def examples():
    """Returns the example programs, in the order of the table in examples/README.md."""
    names = re.findall(r"^\| `(\w+)`", (ROOT / "examples/README.md").read_text(), re.M)
    existing = {path.stem for path in (ROOT / "examples").glob("*.cpp")}
    return [name for name in names if name in existing] + sorted(existing - set(names))


def layout():
    """Returns the navigation as a layout file of Doxygen."""
    def tab(url, name):
        return f'<tab type="user" url={quoteattr(url)} title={quoteattr(name)}/>'

    groups = [("Guide", "docs/guide/README.md", listed("docs/guide/README.md")),
              ("Tutorial", "docs/index.md", listed("docs/index.md")),
              ("Examples", "examples/README.md", []),
              ("Project", PROJECT[0], PROJECT[1:])]
    missing = set(pages()) - {"README.md"} - {page for _, first, rest in groups for page in [first, *rest]}
    if missing:
        sys.exit("site_pages.py: no list links " + ", ".join(sorted(missing)))
    lines = ["<doxygenlayout version=\"1.0\"><navindex>", '<tab type="mainpage" visible="yes" title="Overview"/>']
    for name, first, rest in groups:
        lines.append(f'<tab type="usergroup" url={quoteattr(page_id(first) + ".html")} title={quoteattr(name)}>')
        lines += [tab(page_id(page) + ".html", title(page)) for page in rest]
        if name == "Examples":
            lines += [tab(site_link("README.md", f"examples/{program}.cpp"), program) for program in examples()]
        lines.append("</tab>")
    lines.append("""<tab type="usergroup" url="annotated.html" title="Reference">
<tab type="namespaces" visible="yes" title="Namespaces"><tab type="namespacelist" visible="yes" title="All namespaces"/>
<tab type="namespacemembers" visible="yes" title="Functions, types and constants"/></tab>
<tab type="concepts" visible="yes" title="Concepts"/>
<tab type="classes" visible="yes" title="Classes"><tab type="classlist" visible="yes" title="All classes"/>
<tab type="classmembers" visible="yes" title="Members"/></tab>
<tab type="files" visible="yes" title="Headers"><tab type="filelist" visible="yes" title="All headers"/></tab></tab>
</navindex></doxygenlayout>""")
    return "\n".join(lines) + "\n"


def example_pages():
    """Returns a Doxygen comment for each example, which makes a page of its source."""
    return "".join(f"/** \\example {name}.cpp */\n" for name in examples())


def copy_linked_files(html):
    """Copies linked files for which Doxygen makes no page."""
    for page in pages():
        for target in links(page):
            copy = site_link(page, target)
            source = ROOT / copy.removeprefix("files/").removesuffix(".txt")
            if copy.startswith("files/") and source.is_file():
                (html / copy).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, html / copy)


def mend_navigation(html):
    """Repairs links in the navigation to anchors that do not exist.

    A function in the list of a header leads to its namespace, where it is described. An enumerator without a comment has
    no anchor; it leads to its enumeration.
    """
    anchors = {page.name: set(re.findall(r'id="(\w+)"', page.read_text())) for page in html.glob("*.html")}
    namespaces = {anchor: page for page in anchors if page.startswith("namespacegradus") for anchor in anchors[page]}

    def mend(match):
        page, name = match.groups()
        for anchor in [name, name[:33]]:
            for candidate in [page, namespaces.get(anchor)]:
                if candidate and anchor in anchors[candidate]:
                    return f'"{candidate}#{anchor}"'
        return match[0]

    for script in html.glob("*.js"):
        text = script.read_text()
        mended = re.sub(r'"(\w+\.html)#(a[0-9a-f]{32,65})"', mend, text)
        if mended != text and not script.name.startswith("navtreeindex"):
            script.write_text(mended)


def mend_summaries(html):
    """Removes links to the list of nested classes on pages without that list, because all of them are private."""
    for page in html.glob("*.html"):
        text = page.read_text()
        if 'href="#nested-classes"' in text and 'name="nested-classes"' not in text:
            page.write_text(re.sub(r'<a href="#nested-classes">[^<]*</a>(?: &#124;\s*)?', "", text))


def remove_polyfill(html):
    """Removes the script from polyfill.io, which Doxygen loads with MathJax 3. That host has served malware since
    2024, and current browsers need no polyfill."""
    for page in html.rglob("*.html"):
        text = page.read_text()
        if "polyfill.io" in text:
            page.write_text(re.sub(r'<script src="https://polyfill\.io/[^"]*">\s*</script>\s*', "", text))


def words(page):
    """Returns the words of a page that somebody may search for."""
    text = re.sub(r"\]\([^)]*\)|<!--.*?-->|\$[^$]*\$", " ", (ROOT / page).read_text(), flags=re.S)
    return set(re.findall(r"[a-z][a-z0-9_]{2,}", text.lower())) - COMMON


def add_words_to_search(html):
    """Lets Doxygen's search find pages by their words. On its own, it finds only the beginnings of titles."""
    found = {}
    for page in [page for page in pages() if page != "CHANGELOG.md"]:
        for word in words(page):
            found.setdefault(word, []).append(page)
    found = {word: where for word, where in found.items() if len(where) <= 12}  # not "the" and "for"
    data = (html / "search/searchdata.js").read_text()  # per section: the first letters of its entries, then its name
    for section in ["all", "pages"]:
        number = re.search(rf'(\d+): "{section}"', data)
        letters = number and re.search(rf'{number[1]}: "([^"]*)"', data)[1]
        if not letters:
            sys.exit(f"site_pages.py: this version of Doxygen has another search index: no section {section}")
        for index, letter in enumerate(letters):
            script = html / f"search/{section}_{index:x}.js"
            entries = script.read_text().rstrip().removesuffix("];").rstrip()
            for n, word in enumerate(sorted(word for word in found if word.startswith(letter))):
                label = f"{word}, in {len(found[word])} pages" if len(found[word]) > 1 else word
                places = ",".join(f"['../{page_id(page)}.html',1,{title(page)!r}]" for page in found[word])
                entries += f",\n  ['{word.replace('_', '_5f')}_w{n}',['{label}',{places}]]"
            script.write_text(entries + "\n];\n")


def link_names(html):
    """Links the names in the first columns of docs/guide/everything.md to the reference."""
    targets = {}
    for compound in ElementTree.parse(html.parent / "xml/index.xml").getroot():
        name, page = compound.findtext("name"), compound.get("refid") + ".html"
        if (html / page).exists():
            targets.setdefault(name, page)
        if compound.get("kind") == "namespace":
            for member in compound.findall("member"):
                anchor = member.get("refid").removeprefix(compound.get("refid") + "_1")
                targets.setdefault(f"{name}::{member.findtext('name')}", f"{page}#{anchor}")

    def link(match):
        target = targets.get("gradus::" + match[1])
        return f'<a href="{target}">{match[0]}</a>' if target else match[0]

    path = html / (page_id("docs/guide/everything.md") + ".html")
    path.write_text(re.sub(r'(<tr class="markdownTableRow[^"]*">\s*<td[^>]*>)(.*?)(</td>)', lambda row: row[1] + re.sub(
        r"<code>([\w:]+)</code>", link, row[2]) + row[3], path.read_text(), flags=re.S))


def enlarge_results(html):
    """Enlarges the text of search results, which are on a separate page without the site's style sheet."""
    with (html / "search/search.css").open("a") as sheet:
        sheet.write(".SRPage { background: #fff; }\n.SRPage .SRResult { padding: 3px 0; }\n"
                    ".SRSymbol, .SRScope { font: 14px/1.5 system-ui, 'DejaVu Sans', sans-serif; }\n.SRSymbol { font-weight: 600; }\n")


def finish(html):
    enlarge_results(html)
    copy_linked_files(html)
    mend_navigation(html)
    mend_summaries(html)
    remove_polyfill(html)
    add_words_to_search(html)
    link_names(html)


def main(command, argument):
    if command == "filter":
        sys.stdout.write(filter_page(Path(argument).resolve().relative_to(ROOT).as_posix()))
    elif command == "prepare":
        folder = Path(argument)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "layout.xml").write_text(layout())
        (folder / "examples.dox").write_text(example_pages())
    elif command == "finish":
        finish(Path(argument))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) == 3 else sys.exit(__doc__)
