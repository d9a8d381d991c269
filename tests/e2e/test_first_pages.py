"""The pages everybody meets first, on a desk and on a phone, in both languages."""

import pytest
from playwright.sync_api import expect

PUBLIC = ("/", "/search/?q=水泵", "/accounts/login/")


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_in_chinese(page, fits, path, db):
    page.goto(path)
    assert page.locator("html").get_attribute("lang") == "zh-hans"
    expect(page.locator("h1").first).to_be_visible()
    assert fits(page)


@pytest.mark.parametrize("path", PUBLIC)
def test_public_pages_in_english_show_no_chinese_heading(page, fits, path, db):
    page.goto("/")
    with page.expect_navigation():
        page.locator("button[name=language][value=en]").first.click()
    page.goto(path)
    assert page.locator("html").get_attribute("lang") == "en"
    heading = page.locator("h1").first.inner_text()
    assert heading.isascii() or "水泵" in heading, heading
    assert fits(page)


def test_styles_and_icons_come_from_this_server(page, live_server, db):
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto("/")
    assert hosts == {live_server.url.split("/")[2]}
    assert page.evaluate("getComputedStyle(document.body).fontFamily") != "Times New Roman"
    assert page.locator("svg use").count() > 0


def test_a_wrong_password_is_told_and_a_right_one_leads_to_the_workspace(page, sign_in, fits):
    page.goto("/accounts/login/")
    page.fill("input[name=login]", "officer")
    page.fill("input[name=password]", "wrong")
    page.locator("form[action*=login] button").first.click()
    expect(page.locator(".alert-danger")).to_be_visible()
    sign_in(page, "officer")
    assert page.url.endswith("/workspace/")
    assert fits(page)


def test_the_workspace_asks_for_signing_in(page, db):
    page.goto("/workspace/")
    assert "/accounts/login/" in page.url


def test_the_page_is_usable_by_keyboard(page, db):
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.classList.contains('skip-link')")
