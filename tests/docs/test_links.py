"""Links and images of all pages lead to what is there; so do the paths that CONTRIBUTING names."""

import re

import pytest

from tests.docs import markdown

PAGES = markdown.pages()
CONTRIBUTING = markdown.REPOSITORY / "CONTRIBUTING.md"
APP = markdown.REPOSITORY / "notifications"
PATH = re.compile(r"[\w./-]+(\.(py|js|html|css|md)|/)")


@pytest.mark.parametrize("page", PAGES, ids=markdown.name_of)
def test_relative_links_and_images_lead_to_files(page):
    text, broken = page.read_text("utf-8"), []
    for _, _, target in markdown.links(text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            broken.append(f"{target} (there is no such file)")
        elif fragment and fragment not in markdown.anchors(file.read_text("utf-8")):
            broken.append(f"{target} (that page has no such heading)")
    assert not broken, f"{markdown.name_of(page)} leads to nothing: {', '.join(broken)}"


@pytest.mark.parametrize("page", PAGES, ids=markdown.name_of)
def test_images_say_in_words_what_they_show(page):
    for is_image, words, target in markdown.links(page.read_text("utf-8")):
        assert not is_image or len(words.split()) >= 4, (
            f"{markdown.name_of(page)}: describe {target} for who cannot see it."
        )


def test_every_page_of_the_documentation_stands_in_its_index():
    index = markdown.DOCS / "README.md"
    targets = {
        (index.parent / target).resolve()
        for _, _, target in markdown.links(index.read_text("utf-8"))
        if not re.match(r"[a-z]+:", target)
    }
    missing = {markdown.name_of(page) for page in PAGES if page.is_relative_to(markdown.DOCS)} - {
        markdown.name_of(page) for page in targets if page.is_file()
    }
    assert missing == {"docs/README.md"}, f"Add to docs/README.md, with a line each: {missing}"


def exists(path):
    """Whether a path of CONTRIBUTING is there: in the checkout, or in the app, where most are."""
    return any((base / path).exists() for base in (markdown.REPOSITORY, APP)) or any(
        str(found).endswith(f"/{path}") for found in APP.rglob(path.rstrip("/").rpartition("/")[2])
    )


def test_the_modules_of_the_journeys_are_there():
    section = markdown.section(CONTRIBUTING.read_text("utf-8"), "Four journeys")
    paths = {span for span in markdown.code(section) if PATH.fullmatch(span)}
    assert len(paths) >= 20
    gone = sorted(path for path in paths if not exists(path))
    assert not gone, f"CONTRIBUTING.md, `## Four journeys`, names {gone}, which are not there."


def test_the_tree_names_every_package_of_the_app():
    section = markdown.section(CONTRIBUTING.read_text("utf-8"), "The tree")
    packages = {path.parent.name for path in APP.glob("*/__init__.py")} - {"migrations"}
    missing = sorted(name for name in packages if f"{name}/" not in section)
    assert not missing, f"CONTRIBUTING.md, `## The tree`, leaves out {missing}."


def test_the_paths_of_how_to_add_something_are_there():
    section = markdown.section(CONTRIBUTING.read_text("utf-8"), "How to add X")
    rows = markdown.rows_with(section, "to add", "touch", "leave alone")
    assert rows, "CONTRIBUTING.md has a table `to add | touch | leave alone` in `## How to add X`."
    spans = {span for row in rows for cell in row.values() for span in markdown.code(cell)}
    paths = {span for span in spans if PATH.fullmatch(span)}
    assert len(paths) >= 10
    gone = sorted(path for path in paths if not exists(path))
    assert not gone, f"CONTRIBUTING.md, `## How to add X`, names {gone}, which are not there."
