"""``notifications.on_save(Order, to=..., title=...)``: what a model's save sends, and to whom."""

from __future__ import annotations

import copy
import logging
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Model
from django.db.models.signals import post_save, pre_save

from notifications.models import transactions
from notifications.models.audience import Audience
from notifications.models.door import Door, Through
from notifications.sending.shortcuts import send_through
from notifications.wire.message import PARTS

logger = logging.getLogger(__name__)

# What stood in the database, on a row between the two signals of its save.
_BEFORE = "_notifications_before"


@dataclass(frozen=True)
class _Rule:
    to: Any
    # Title, key and all else that is said: each a value, or what makes it of the row.
    said: dict[str, Any]
    when: Callable[[Any, Any], bool] | None


_rules: dict[type[Model], list[_Rule]] = defaultdict(list)


def on_save(
    model: type[Model],
    *,
    to: Any,
    title: Any,
    when: Callable[[Any, Any], bool] | None = None,
    key: Any = None,
    **content: Any,
) -> None:
    """Send a notification whenever a row of ``model`` is saved; call it in an app's ``ready()``.

    Saved within a transaction, it is part of that: both are committed, or neither is. What fails
    here is logged, and neither the save nor its transaction fails of it.

    Args: to: as ``send`` takes it; None or nobody sends nothing. title, key, content: as ``send``
        takes them. Each of these may be a function of the row as it was stored. when: asked with
        that and with the row as it was before (None: it is new); without it, each save sends.
    Raises: TypeError: there is no such part of a notification.
    """
    if unknown := content.keys() - PARTS.keys():
        raise TypeError(f"A notification has no {', '.join(sorted(unknown))}.")
    if not _rules[model]:
        pre_save.connect(_remember, sender=model, dispatch_uid=f"on_save {model._meta.label}")
        post_save.connect(_saved, sender=model, dispatch_uid=f"on_save {model._meta.label}")
    _rules[model].append(_Rule(to, {"title": title, "key": key, **content}, when))


def _remember(sender: type[Model], instance: Model, raw: bool, using: str, **_more: Any) -> None:  # noqa: FBT001
    """Look at the row as it is, where somebody asks how it was."""
    if raw or instance.pk is None or not any(rule.when for rule in _rules[sender]):
        return
    before = sender._base_manager.using(using).filter(pk=instance.pk).first()
    setattr(instance, _BEFORE, before)


def _saved(
    sender: type[Model],
    instance: Model,
    raw: bool,  # noqa: FBT001
    using: str,
    update_fields: Collection[str] | None,
    **_more: Any,
) -> None:
    before = instance.__dict__.pop(_BEFORE, None)
    if raw:  # of a fixture, whose other rows may be missing yet
        return
    row = _as_stored(instance, before, update_fields)
    for rule in list(_rules[sender]):
        if using == DEFAULT_DB_ALIAS:
            _apply(rule, row, before)
        else:  # whose transaction is none of ours
            transaction.on_commit(
                lambda rule=rule: _apply(rule, row, before),  # type: ignore[misc]
                using=using,
                robust=True,
            )


def _as_stored(
    instance: Model, before: Model | None, update_fields: Collection[str] | None
) -> Model:
    """The row without what was changed and not saved with it."""
    if before is None or update_fields is None:
        return instance
    row = copy.copy(instance)
    for field in instance._meta.concrete_fields:
        if field.name not in update_fields and field.attname not in update_fields:
            setattr(row, field.attname, getattr(before, field.attname))
    return row


def _apply(rule: _Rule, row: Model, before: Model | None) -> None:
    try:
        # A savepoint within the save's transaction: what fails takes no more with it.
        with transactions.atomic():
            if rule.when is None or rule.when(row, before):
                _send(rule, row)
    except Exception:  # whatever a project's functions raise, its save is none of ours to fail
        logger.exception(
            "Nothing was sent of saving %s %s: what on_save was given failed.",
            row._meta.label,
            row.pk,
        )


def _send(rule: _Rule, row: Model) -> None:
    whom = _made(rule.to, row)
    if not _is_nobody(whom):
        through = Through(Door.ON_SAVE, f"{row._meta.label} {row.pk}")
        send_through(
            through, to=whom, **{name: _made(value, row) for name, value in rule.said.items()}
        )


def _is_nobody(whom: Any) -> bool:
    return whom is None or (not isinstance(whom, Model | Audience) and not whom)


def _made(value: Any, row: Model) -> Any:
    return value(row) if callable(value) else value
