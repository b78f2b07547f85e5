"""Who holds keys: a member removed, a passphrase that was seen, recovery words made anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from triage import errors, i18n, models
from triage.desk import restricted, school_keys
from triage.desk.session import Desk, one_line
from triage.store import restricted_keys, rotation
from triage.store.keys import epoch, header, passphrase
from triage.store.keys.header import Slot
from triage.store.opened import Act
from triage.store.records import cases as case_rows
from triage.store.records import drafts, leaving
from triage.terms import Right

Keep = Callable[[str, int], None]
"""Keeps new recovery words: the words, the number of their set. When it fails, nothing has changed."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Rekeyed:
    """The store under new keys."""

    epoch: int
    """The number of its root key."""
    words: str | None
    """The recovery words, when they are new: to be written down, never stored."""
    set_number: int
    """The number of the set of words that opens it."""
    fingerprints: dict[str, str]
    """Of signing keys that are new, by purpose: to be told to the police and the Department."""


def remove_member(desk: Desk, label: str, keep: Keep, *, progress: Progress | None = None) -> Rekeyed:
    """Take a member out: everything she could use is replaced, without anybody else's passphrase.

    Replaced are the root key, the database's key, the recovery words, and every key with which the school signs.
    She keeps what she could read until today: old backups, files of evidence she had, packets.

    Raises:
        errors.Refused: ``only-a-lead``, ``not-yourself``, ``last-lead``, ``restricted-last-named``.
        errors.UsageError: ``no-such-member``.
        errors.TryAgain: ``others-at-the-desk``, ``disk-full`` ...: nothing has changed.

    Source: security.md 4, 5.
    """
    slot = _member(desk, label)
    if slot.id == desk.opened.unlocked.member_id:
        raise errors.Refused("not-yourself")
    restricted_keys.refuse_last(desk.opened, slot.id)
    change = epoch.Change(leaves=frozenset({slot.id}), words=True)
    return _rotate(desk, change, "member.removed", keep, signing=True, progress=progress,
                   removed=slot.id)  # fmt: skip


def renew_member(desk: Desk, label: str, words: str, *, progress: Progress | None = None) -> Rekeyed:
    """Give a member fresh keys under another passphrase: hers was seen or is lost.

    With it and any older copy of header.json her former keys are opened, so the store gets a new root key too, and the
    school new signing keys.

    Raises:
        errors.Refused: ``only-a-lead``, ``weak-passphrase``.
        errors.UsageError: ``no-such-member``.
        errors.TryAgain: as ``remove_member``.

    Source: security.md 4.
    """
    slot = _member(desk, label)
    _strong(desk, words, slot.label)
    newcomer = epoch.Newcomer(slot.label, slot.right, words, instead_of=slot.id)
    return _rotate(desk, epoch.Change(comes=(newcomer,)), "member.renewed", None, signing=True, progress=progress,
                   renewed=slot.id)  # fmt: skip


def change_passphrase(desk: Desk, words: str) -> None:
    """Change the passphrase of the member at the desk, when nobody can have seen the one before.

    Raises:
        errors.Refused: ``weak-passphrase``.
    """
    unlocked = desk.opened.unlocked
    _strong(desk, words, unlocked.label)
    with desk.opened.acting("member.passphrase-changed"):
        header.change_passphrase(desk.folder, unlocked, words, measured=True)


def new_recovery(desk: Desk, keep: Keep, *, seen: bool, progress: Progress | None = None) -> Rekeyed:
    """Make the recovery words anew; the sheets and shares of before open nothing from here on.

    Args:
        desk: a lead's.
        keep: keeps the new words.
        seen: somebody may have seen the old ones: the school's signing keys are replaced as well.
        progress: told pages done and in all.
    """
    return _rotate(desk, epoch.Change(words=True), "recovery.renewed", keep, signing=seen, progress=progress)


def come_back(
    desk: Desk,
    label: str,
    words: str,
    keep: Keep,
    *,
    progress: Progress | None = None,
) -> Rekeyed:
    """Let the recovery words add a lead with a passphrase of her own; they are used up, new ones are made.

    Args:
        desk: opened by the recovery words.
        label: how the new lead is called; the label of a member there is gives her fresh keys instead.
        words: her passphrase.
        keep: keeps the new recovery words.
        progress: told pages done and in all.
    """
    label = one_line(label)
    _strong(desk, words, label)
    there = next((one for one in desk.opened.unlocked.members if _same(one.label, label)), None)
    newcomer = epoch.Newcomer(there.label if there else label, Right.LEAD, words, there.id if there else None)
    return _rotate(desk, epoch.Change(comes=(newcomer,), words=True), "recovery.used", keep,
                   signing=there is not None, progress=progress)  # fmt: skip


def _rotate(
    desk: Desk,
    change: epoch.Change,
    act: str,
    keep: Keep | None,
    *,
    signing: bool,
    progress: Progress | None = None,
    **codes: object,
) -> Rekeyed:
    before = desk.opened.unlocked
    coming = epoch.plan(desk.opened.unlocked, change, language=i18n.language(), measured=True)
    made: dict[str, str] = {}
    rotation.rotate(
        desk.opened, coming, act,
        enter=partial(_enter, desk, made, signing),
        keep=None if keep is None else lambda one: keep(one.words or "", one.set_number),
        progress=progress, **codes, **({"added": next(iter(coming.instead.values()))} if coming.instead else {}),
    )  # fmt: skip
    if before.member_id in coming.instead:
        restricted_keys.seal_again(desk.opened, before)
    restricted_keys.forget_gone(desk.opened, restricted.tells)
    return Rekeyed(coming.unlocked.epoch, coming.words, coming.set_number, made)


def _enter(desk: Desk, made: dict[str, str], signing: bool, act: Act, coming: epoch.Next) -> None:
    """The rows that go with new keys: who works here, who may sign, whose drafts they are."""
    session, now = act.session, desk.now()
    for slot in coming.gone:
        row = leaving.member(session, slot.id)
        if row is not None:
            row.removed_at = now
    for slot in coming.fresh:
        session.add(
            models.Member(
                id=slot.id, label=slot.label, right=slot.right.value, sign_public=slot.sign_public, added_at=now
            )
        )  # fmt: skip
    session.flush()
    if signing:
        made |= school_keys.replace(session, coming.unlocked, now)
    else:
        school_keys.hand_on(session, desk.opened.unlocked, coming)
    for before, after in coming.instead.items():
        drafts.hand_over(session, before, after)


def _member(desk: Desk, label: str) -> Slot:
    members = desk.opened.unlocked.members
    found = next((one for one in members if _same(one.label, label)), None)
    if found is None:
        allowed = ", ".join(one.label for one in members)
        raise errors.UsageError("no-such-member", label=label, allowed=allowed)
    if desk.opened.unlocked.right is not Right.LEAD:
        raise errors.Refused("only-a-lead")
    return found


def _strong(desk: Desk, words: str, label: str) -> None:
    with desk.opened.reading() as session:
        school, code = (case_rows.setting(session, f"school_{key}") for key in ("name", "code"))
    passphrase.check(words, school=school, code=code, label=label)


def _same(label: str, other: str) -> bool:
    return header.same_label(label, other)
