"""``{% load notification_rows %}``: what a notification's row is made of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from django import template
from django.template.base import Node, NodeList, Parser, Token
from django.template.context import Context
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.translation import ngettext

from notifications.pages import appearance, links, muting
from notifications.pages.icons import ICONS
from notifications.wire import search_words
from notifications.wire.sender_pictures import picture_of

register = template.Library()

_HIDDEN = format_html(" {}", "hidden")


@register.simple_tag
def icon(name: str) -> str:
    """An icon; what it means is said in words beside it."""
    return _icon(name)


# A page of the inbox has hundreds of them, and there are a few.
@cache
def _icon(name: str) -> str:
    return format_html(
        '<svg class="nb-icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>',
        ICONS[name],
    )


@register.simple_tag
def act(
    op: str,
    what: str,
    slot: str,
    notification: Any,
    earlier: Any,
    *,
    drawn: str = "",
    is_hidden: str | bool = False,
) -> str:
    """A button of a notification. No template: a page has hundreds.

    Args:
        what: what it does, in words.
        slot: by which the script finds it.
        earlier: those of its thread, with which it is done too.
        drawn: its icon, if that is not named as ``op`` is.
    """
    what = of_all(what, earlier)
    return format_html(
        '<button class="nb-act" name="op" value="{}" data-act="{}"{} aria-label="{}: {}">'
        '{}<span class="nb-tip">{}</span></button>',
        op, slot, _HIDDEN if is_hidden else "", what,
        notification.message.title if notification else "", _icon(drawn or op), what,
    )  # fmt: skip


class _SameNode(Node):
    """What is in it is rendered once a page."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> str:
        # As {% include %} keeps its templates: for all that one page is made of.
        made: dict[Any, Any] = context.render_context.dicts[0]
        if self not in made:
            made[self] = self.nodelist.render(context)
        rendered: str = made[self]
        return rendered


@register.tag
def same(parser: Parser, _token: Token) -> _SameNode:
    """``{% same %}…{% endsame %}``: what is the same in each row of a page."""
    nodelist = parser.parse(("endsame",))
    parser.delete_first_token()
    return _SameNode(nodelist)


@register.inclusion_tag("notifications/_avatar.html")
def avatar(message: Any) -> dict[str, Any]:
    """The sender's picture, or initials in a colour of their own, or the icon of the level."""
    sender = str(message.sender or "")
    return {
        "level": message.level,
        "picture": picture_of(sender),
        "initials": appearance.initials(sender),
        "hue": appearance.hue(sender),
    }


@register.filter
def category_label(category: str) -> str:
    """The label of a category, as people know it."""
    return appearance.category_label(category)


@register.filter
def level_label(level: str) -> str:
    """The level in a word; of the one that says nothing, nothing."""
    return appearance.level_label(level) if level and level != "info" else ""


@register.filter
def is_unread(notification: Any, earlier: Sequence[Any]) -> bool:
    """Whether anything in a row is: a row that is to be filled in is."""
    return notification is None or any(
        one.item.read_at is None for one in [notification, *(earlier or ())]
    )


@register.filter
def is_saved(notification: Any, earlier: Sequence[Any]) -> bool:
    """Whether all that is in a row is."""
    return notification is not None and all(
        one.item.saved_at is not None for one in [notification, *(earlier or ())]
    )


@register.filter
def is_bare(notification: Any) -> bool:
    """Whether a row has nothing to say in its second line."""
    if notification is None:
        return False
    message, item = notification.message, notification.item
    words = level_label(message.level), category_label(message.category)
    return not any((*words, message.sender, message.body, item.snoozed_until, item.woken))


@register.filter
def of_all(what: str, earlier: Sequence[Any]) -> str:
    """What is done with a row; with how many, where a thread is folded into it."""
    if not earlier:
        return what
    count = len(earlier) + 1
    text = ngettext("%(what)s (all %(count)s)", "%(what)s (all %(count)s)", count)
    return text % {"what": what, "count": count}


@register.simple_tag
def earlier_text(earlier: Sequence[Any]) -> str:
    """How many of its thread are folded into a row."""
    if not earlier:
        return ""
    text = ngettext("+%(count)s earlier", "+%(count)s earlier", len(earlier))
    return text % {"count": len(earlier)}


@register.simple_tag
def mutes_of(notification: Any) -> list[tuple[str, str]]:
    """What of a notification can be muted: ops of the page's form, and their labels."""
    if not notification:
        return []
    return [(f"mute-{one.kind}", one.label) for one in muting.why(notification.message).offered]


@register.simple_tag(takes_context=True)
def marked(context: Context, text: str | None) -> str:
    """The text, with the words marked that its page looks for."""
    return _marked(text or "", _words(context))


@register.simple_tag(takes_context=True)
def linked(context: Context, text: str | None, tabindex: str = "") -> str:
    """The same, with its web addresses as links. Args: tabindex: of those."""
    return _linked(text or "", tabindex, _words(context))


def _words(context: Context) -> list[str]:
    place = context.get("place")
    return place.words if place else []


def _marked(text: str, words: Sequence[str]) -> str:
    parts = (
        format_html("<mark>{}</mark>", piece) if is_match else conditional_escape(piece)
        for piece, is_match in search_words.pieces(text, words)
    )
    return format_html_join("", "{}", ((part,) for part in parts))


def _linked(text: str, tabindex: str = "", words: Sequence[str] = ()) -> str:
    stop = format_html(' tabindex="{}"', tabindex) if tabindex else ""
    return format_html_join(
        "",
        "{}",
        (
            (
                format_html(
                    '<a href="{}" rel="noopener noreferrer nofollow" dir="ltr"{}>{}</a>',
                    piece.text, stop, _marked(piece.text, words),
                )
                if piece.is_address
                else _marked(piece.text, words),
            )
            for piece in links.pieces(text)
        ),
    )  # fmt: skip


@register.filter(is_safe=True)
def paragraphs(text: str) -> str:
    """The whole of a body: paragraphs where lines are left blank, with its addresses as links."""
    blocks = [block.strip("\n") for block in text.split("\n\n") if block.strip()]
    return format_html_join("", "<p>{}</p>", ((_lines(block),) for block in blocks))


def _lines(block: str) -> str:
    first, *rest = block.splitlines()
    breaks = format_html_join("", "<br>{}", ((_linked(line),) for line in rest))
    return format_html("{}{}", _linked(first), breaks)
