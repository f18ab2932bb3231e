"""The page as a person meets it in a real browser."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.page.browsing import NARROW, WIDE, focused, in_view, until_focused, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

DEEP = [f"conv5_3:{channel}" for channel in range(10)]
FIRST = [f"conv1_1:{channel}" for channel in range(6)]


def press(page: "Page", *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def heading(page: "Page") -> str:
    """What is looked at closely."""
    return page.locator("#page-zoom-title").inner_text()


def test_keys_alone_lead_everywhere(browser: "Browser", page_file: Path) -> None:
    with visit(browser, page_file) as page:
        press(page, "Tab", "Tab")  # the links to the layers
        reached = []
        while focused(page) != "conv5_3:0":
            press(page, "Tab")
            reached.append(focused(page))
        bar = [f"page-{name}" for name in ("filter", "show", "sort", "theme", "help")]
        assert reached == [*bar, "conv5_3:0"]
        press(page, "ArrowRight", "l", "Enter")
        assert heading(page) == "conv5_3:2"
        press(page, "ArrowRight", "ArrowRight", "ArrowLeft")
        assert heading(page) == "conv5_3:3"
        assert page.evaluate("location.hash") == "#conv5_3:3"
        press(page, "Escape")
        until_focused(page, "conv5_3:3")
        assert page.evaluate("location.hash") == ""
        press(page, "G")
        assert focused(page) == "conv1_1:5"
        press(page, "g", "ArrowDown")
        assert focused(page) == "conv1_1:0", "the ten of the first layer are one row"
        press(page, "/")
        page.keyboard.type("activation>500 conv5_3")
        assert in_view(page) == DEEP[:4]
        press(page, "Enter", "End", "ArrowRight")
        assert focused(page) == "conv5_3:3"
        press(page, "?")
        assert page.locator("#page-keys").is_visible()
        press(page, "Escape")
        assert not page.locator("#page-keys").is_visible()


def test_what_is_noted_is_seen_and_found(browser: "Browser", page_file: Path) -> None:
    with visit(browser, page_file) as page:
        assert page.locator('[id="conv1_1:1"] b').inner_text() == "1 ★"
        for words, kept in {
            "favourite": [1],
            "fav tag:EDGES": [1],
            "tag:edges": [1, 4],
            "tag:edge": [],
            "tag:": [1, 4],
            "note": [1],
            "note:left": [1],
        }.items():
            page.locator("#page-filter").fill(words)
            assert in_view(page) == [f"conv1_1:{channel}" for channel in kept], words
    with visit(browser, page_file, "conv1_1:1") as page:
        lines = page.locator(".noted p").all_inner_texts()
        assert lines == ["★ favourite · edges, Warm", "from <b>left</b> to right"]


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_names_contrast_and_roles_are_as_they_should(
    browser: "Browser", page_file: Path, scheme: str, size: dict[str, int]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with visit(browser, page_file, color_scheme=scheme, viewport=size) as page:
        for keys in ["", "i", "i", "?", "Enter"]:
            press(page, "Escape", *([keys] if keys else []))
            if keys == "Enter":
                page.goto(f"{page_file.as_uri()}#conv5_3:4")
                page.locator("summary").click()
            found = axe.run(page)
            assert not found.violations_count, found.generate_report()


@pytest.mark.long
@pytest.mark.parametrize("place", ["", "conv5_3:7"])
@pytest.mark.parametrize("width", [320, 390, 768, 1440, 2560])
def test_nothing_is_wider_than_the_window(
    browser: "Browser", page_file: Path, width: int, place: str
) -> None:
    with visit(browser, page_file, place, viewport={"width": width, "height": 700}) as page:
        for what in ("document.documentElement", "document.getElementById('page-zoom')"):
            extent, room = page.evaluate(f"[{what}.scrollWidth, {what}.clientWidth]")
            assert extent <= room


@pytest.mark.long
def test_a_link_leads_to_a_channel_and_back_leads_back(browser: "Browser", page_file: Path) -> None:
    with visit(browser, page_file, "conv5_3:7") as page:
        assert heading(page) == "conv5_3:7"
        press(page, "Escape")
        until_focused(page, "conv5_3:7")
        page.locator("[id='conv5_3:2'] a").click()
        assert heading(page) == "conv5_3:2"
        page.go_back()
        page.locator("#page-zoom").wait_for(state="hidden")
        page.evaluate("location.hash = '%E0%A4%A'")  # no text at all
        assert not page.locator("#page-zoom").is_visible()


@pytest.mark.long
def test_closely_all_is_shown_that_is_known(browser: "Browser", page_file: Path) -> None:
    with visit(browser, page_file, "conv5_3:7") as page:
        zoom = page.locator("#page-zoom")
        text = zoom.inner_text()
        assert "excited, 200" in text
        assert "Peak 9" in text
        assert "convscope render conv5_3:7 --preset draft --precision float32" in text
        assert f"{page_file.as_uri()}#conv5_3:7" in text
        assert zoom.locator(".exemplars img").count() == 4
        assert "64 px, fourier" not in text, "the record is folded"
        page.locator("summary").click()
        press(page, "ArrowRight")
        assert "64 px, fourier" in zoom.inner_text(), "and stays unfolded"
        images = page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
        assert images, "all of them can be decoded"
        press(page, "ArrowRight")
        assert "no picture yet" in zoom.inner_text()


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("2-4,7", [*DEEP[2:5], DEEP[7], *FIRST[2:5]]),
        ("conv5_3:2-4", DEEP[2:5]),
        ("conv1_1", FIRST),
        ("conv1_1 1-2", FIRST[1:3]),
        ("silent", [DEEP[3]]),
        ("verdict:weak", [DEEP[4]]),
        ("activation<=100", [DEEP[8], *FIRST]),
        ("activation>=800", DEEP[:2]),
        ("seed:3", []),
        ("draft", [*DEEP[:9], *FIRST]),
        ("drawn conv5_3", DEEP[:9]),
        ("  ", [*DEEP, *FIRST]),
    ],
)
def test_the_filter_keeps_what_its_words_say(
    browser: "Browser", page_file: Path, words: str, kept: list[str]
) -> None:
    with visit(browser, page_file) as page:
        page.fill("#page-filter", words)
        assert in_view(page) == kept
        said = f"{len(kept)} of 16 channels" if len(kept) < 16 else "16 channels"
        assert page.locator("#page-count").inner_text() == said


@pytest.mark.long
def test_a_word_that_means_nothing_is_named_and_a_photo_found(
    browser: "Browser", page_file: Path
) -> None:
    with visit(browser, page_file) as page:
        page.fill("#page-filter", "activation>much conv5_3")
        said = page.locator("#page-count").inner_text()
        assert said.startswith("activation>much is not a filter; try")
        assert in_view(page) == DEEP, "the others hold"
        page.fill("#page-filter", "GOAT")
        assert in_view(page)
        assert not {*in_view(page)} & {*FIRST}
        page.locator(".card:not([hidden]) a").first.click()
        assert "goat.png" in page.locator(".exemplars").inner_text()


@pytest.mark.long
def test_sorting_goes_by_what_it_says(browser: "Browser", page_file: Path) -> None:
    with visit(browser, page_file) as page:
        page.select_option("#page-sort", label="activation, lowest first")
        assert in_view(page) == [*reversed(DEEP[:9]), DEEP[9], *FIRST]
        page.select_option("#page-sort", label="activation, highest first")
        assert in_view(page) == [*DEEP, *reversed(FIRST)]
        page.select_option("#page-sort", label="peak in cat.jpg")
        assert in_view(page)[0] == DEEP[7]
        press(page, "Escape")
        page.locator("#page-help").focus()
        press(page, "S")
        assert page.locator("#page-sort option:checked").inner_text() == "surprise in cat.jpg"


@pytest.mark.long
def test_tiles_show_maps_and_photos_in_turn(browser: "Browser", page_file: Path) -> None:
    with visit(browser, page_file) as page:
        tile = page.locator("[id='conv5_3:7']")
        seen = [tile.locator("img").get_attribute("alt")]
        page.locator("[id='conv5_3:7'] a").focus()
        for _ in range(3):
            press(page, "i")
            seen.append(tile.locator("img").get_attribute("alt"))
        assert seen[0] == seen[3] == "Channel 7, activation 200, excited"
        assert seen[1] == "Channel 7 in cat.jpg, peak 9"
        assert seen[2] is not None
        assert seen[2].startswith("Channel 7, strongest photo ")
        assert tile.inner_text().split() == ["7", "200"]


@pytest.mark.long
def test_colours_follow_the_system_until_one_is_chosen(browser: "Browser", page_file: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    grounds = {}
    for scheme in ("dark", "light"):
        with visit(browser, page_file, color_scheme=scheme) as page:
            grounds[scheme] = page.evaluate(ground)
            page.locator("#page-theme").click()
            grounds[f"{scheme}, changed"] = page.evaluate(ground)
    assert grounds["dark"] == grounds["light, changed"]
    assert grounds["light"] == grounds["dark, changed"] != grounds["dark"]


@pytest.mark.long
def test_without_a_script_the_pictures_are_there(browser: "Browser", page_file: Path) -> None:
    with visit(browser, page_file, java_script_enabled=False) as page:
        assert page.locator(".card img").count() == 15
        assert page.get_by_alt_text("Channel 3, activation 600, silent").is_visible()
        assert not page.locator("#page-filter").is_visible()


@pytest.mark.long
def test_nothing_that_is_put_into_the_page_reaches_out(browser: "Browser", page_file: Path) -> None:
    attempts = {
        "fetch": "fetch('https://example.org/').catch(() => {})",
        "image": "document.body.append(Object.assign(new Image(), {src: 'https://example.org/a'}))",
        "script": "document.head.append(Object.assign(document.createElement('script'), "
        "{src: 'https://example.org/b'}))",
        "form": "(() => { const form = document.createElement('form'); form.action = "
        "'https://example.org/c'; document.body.append(form); form.submit(); })()",
        "inline": "document.body.insertAdjacentHTML('beforeend', "
        "'<img src=x onerror=\"window.broken = true\">')",
    }
    blocked = (
        "new Promise((tell) => document.addEventListener('securitypolicyviolation', "
        "(event) => tell(event.effectiveDirective), {once: true}))"
    )
    for name, attempt in attempts.items():
        with visit(browser, page_file, complains=True) as page:
            told = page.evaluate(f"(() => {{ const told = {blocked}; {attempt}; return told; }})()")
            assert told, name
            assert not page.evaluate("window.broken")
