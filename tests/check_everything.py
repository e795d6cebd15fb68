#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/check_everything.py XML: fails unless docs/guide/everything.md names everything in the box.

XML is what Doxygen has written about the headers. Each public class, concept, enumeration, function, alias and constant
of the namespaces must be in the first column of a table, in a row that links its header, and each field of a struct of
options must be in its row. Each name in a first column must exist. The CMake options, targets, environment variables and
programs of the sources must be on the page.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/guide/everything.md"


def public_names(xml):
    """Returns the headers of each name, without `gradus::`, and the fields of each struct of options."""
    names, fields = {}, {}
    for path in xml.glob("*.xml"):
        if not path.name.startswith(("namespacegradus", "classgradus", "structgradus", "uniongradus", "conceptgradus")):
            continue
        compound = ElementTree.parse(path).getroot().find("compounddef")
        name = compound.findtext("compoundname").removeprefix("gradus").removeprefix("::")
        if "detail" in name.split("::"):
            continue
        if compound.get("kind") == "namespace":
            for member in compound.iter("memberdef"):
                short = member.findtext("name")
                own_class = f"{path.parent}/class{path.stem.removeprefix('namespace')}_1_1{short}.xml"
                if not short.startswith("operator") and not Path(own_class).exists():  # no deduction guides
                    full = f"{name}::{short}" if name else short
                    names.setdefault(full, set()).add(member.find("location").get("file"))
        elif compound.get("prot", "public") == "public" and not nested(path):
            names.setdefault(name, set()).add(compound.find("location").get("file"))
            if name.endswith("Options"):
                fields[name] = {member.findtext("name") for member in compound.iter("memberdef")
                                if member.get("kind") == "variable"}
    return {name: {header.rsplit("gradus/", 1)[-1] for header in headers} for name, headers in names.items()}, fields


def nested(path):
    """Returns whether a class is a member of another one."""
    outer = path.stem.rsplit("_1_1", 1)[0]
    return any((path.parent / f"{outer.replace(path.stem.split('gradus')[0], kind, 1)}.xml").exists()
               for kind in ("class", "struct"))


def rows(page):
    """Yields the names, the header links and the text of each row of the tables with a column of headers."""
    columns = None
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")] if line.startswith("|") else None
        if cells is None:
            columns = None
        elif columns is None:
            columns = cells
        elif columns[-1] == "header" and not set(line) <= set("|- "):
            yield re.findall(r"`([^`]+)`", cells[0]), set(re.findall(r"include/gradus/([\w/.]+)\)", cells[-1])), line


def check_names(xml, page, report):
    names, fields = public_names(xml)
    if len(names) < 100:
        sys.exit(f"check_everything: only {len(names)} names in {xml}")
    listed = {}
    for row_names, headers, line in rows(page):
        for name in row_names:
            if name not in names:
                report(f"{name} is on the page, but in no header")
            elif not names[name] <= headers:
                report(f"{name} is in {', '.join(sorted(names[name]))}, which its row does not link")
            listed.setdefault(name, "")
            listed[name] += line
    for name in sorted(set(names) - set(listed)):
        report(f"{name} ({', '.join(sorted(names[name]))}) is missing")
    for name in sorted(set(fields) & set(listed)):
        for field in sorted(fields[name]):
            if f"`{field}`" not in listed[name]:
                report(f"the row of {name} lacks its field {field}")
    return len(names)


def check_build(page, report):
    """Checks CMake's options, components and targets, environment variables and programs."""
    cmake = (ROOT / "CMakeLists.txt").read_text()
    components = (ROOT / "cmake/components.cmake").read_text()
    functions = "".join(path.read_text() for path in (ROOT / "cmake").glob("*.cmake"))
    headers = "".join(path.read_text() for path in (ROOT / "include").rglob("*.hpp"))
    expected = re.findall(r"^(?:option\(|set\()(GRADUS_\w+)(?= .*(?:\"|CACHE))", cmake, re.M)
    expected += [f"gradus::{name}" for name in
                 re.findall(r"^gradus_add_component\((\w+)", components, re.M)]
    expected += re.findall(r"add_library\((gradus::\w+) ALIAS", cmake + functions)
    expected += re.findall(r"(?:getenv|variable)\(\"(\w+)\"\)", headers)
    expected += re.findall(r"(?:defined\(|#define )(GRADUS_(?!COMPILED)\w+)", headers)
    expected += [path.name.replace("gradus_export.cpp", "gradus-export")
                 for path in (ROOT / "tools").iterdir() if path.suffix in (".cpp", ".py")]
    expected += [path.stem for path in (ROOT / "examples").glob("*.cpp")]
    first_cells = re.findall(r"^\| ([^|]*) \|", page, re.M)
    listed = {name for cell in first_cells for name in re.findall(r"`([^`(]+)", cell)}
    for name in sorted(set(expected) - listed):
        report(f"{name} is missing")
    return len(set(expected))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    page, wrong = PAGE.read_text(), []
    count = check_names(Path(sys.argv[1]), page, wrong.append)
    count += check_build(page, wrong.append)
    for line in wrong:
        print(f"check_everything: {line}", file=sys.stderr)
    print(f"check_everything: {count} names, {len(wrong)} mistakes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
