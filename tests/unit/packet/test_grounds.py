"""The grounds that are offered for a packet."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from triage import i18n
from triage.desk import cases
from triage.packet import grounds, wording
from triage.terms import Profile

FILE: Path = wording.TEMPLATES / "grounds.toml"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("profile", list(Profile))
def test_every_kind_of_recipient_has_grounds_that_fit_the_field(profile: Profile, language: str) -> None:
    """With room for what is to be written behind them, and each once."""
    i18n.use(language)
    offered = grounds.of(profile)
    assert len(offered) == len({*offered}) >= 2
    assert all(0 < len(one) < cases.MAX_TEXT // 2 for one in offered)


def test_the_duty_to_notify_is_for_those_who_must_be_notified() -> None:
    i18n.use("vi")
    has = {profile for profile in Profile if any("56/2017" in one for one in grounds.of(profile))}
    assert has == {Profile.WARD, Profile.PROVINCE, Profile.CHILDLINE}


def test_each_says_where_it_comes_from_and_that_it_is_a_draft() -> None:
    document = tomllib.loads(FILE.read_text(encoding="utf-8"))
    assert document["status"] == "draft"
    assert all(row["source"] for row in document["ground"])
    known = {profile.value for profile in Profile}
    assert all({*row["profiles"]} <= known for row in document["ground"])
