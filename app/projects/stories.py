"""Stories: Markdown in, safe HTML out."""

from functools import cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markupsafe import Markup

MAX_LENGTH = 20_000
TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "s",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


def to_html(story: str) -> Markup:
    """A story as HTML that can stand in any page: text, lists, tables and http(s) links, nothing else.

    Its first level of headings is h3, because the page and the section around it have theirs.
    """
    html = nh3.clean(
        _markdown().render(story),
        tags=TAGS,
        attributes={"a": {"href", "title"}},
        attribute_filter=_only_web_links,
        url_schemes={"http", "https"},
        link_rel="nofollow noopener ugc",
    )
    return Markup(html)  # noqa: S704 (nh3 has cleaned it)


@cache
def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"


def _only_web_links(tag: str, attribute: str, value: str) -> str | None:
    if (tag, attribute) == ("a", "href") and not value.lower().startswith(("http://", "https://")):
        return None
    return value
