"""Retention: off until the school sets it, a notice before it acts, a lead's word before anything goes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from triage import clock, errors, models
from triage.cli import app, terminal
from triage.desk import cases, decisions, deletion, packets, retention, session
from triage.response import retention as proposed
from triage.store import audit, purge
from triage.store.records import cases as case_rows
from triage.summary import period
from triage.terms import Kind, Level

CODE = "79012345"


def _closed(desk: session.Desk, level: Level) -> str:
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SCAM,), words="Em bị lừa.")).ref
    _set(desk, ref, status="closed", closed_at=desk.now(), level=level.name)
    return ref


def _set(desk: session.Desk, ref: str, **columns: object) -> None:
    with desk.opened.acting("test.done") as act:
        act.case = case_rows.find(act.session, ref)
        for name, value in columns.items():
            setattr(act.case, name, value)


def _run(desk: session.Desk, arguments: Sequence[str], capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal, "open_desk", lambda _ctx: desk)
        status = app.run(["--no-input", *arguments])
    seen = capfd.readouterr()
    return status, seen.out if status == 0 else seen.err


def test_it_is_off_until_the_school_sets_it(desk: session.Desk, at: clock.SetClock) -> None:
    """A proposal stands in the data; nothing is due by it, in a hundred years."""
    _closed(desk, Level.LOW)
    at.at += timedelta(days=36_500)
    assert [rule.months for rule in retention.rules(desk)] == [None] * 4
    assert [rule.proposal for rule in retention.rules(desk)] == [6, 12, 24, 24]
    assert retention.due(desk) == retention.notify(desk) == []
    assert retention.run(desk, CODE) == []


def test_a_notice_stands_thirty_days_before_a_lead_may_run_it(desk: session.Desk, at: clock.SetClock) -> None:
    """Due, noticed, waited for, run: a day early nothing goes; other levels and younger cases stay."""
    old, grave = _closed(desk, Level.LOW), _closed(desk, Level.HIGH)
    at.at += timedelta(days=100)
    young = _closed(desk, Level.LOW)
    retention.set_months(desk, Level.LOW, 6)
    at.at = datetime(2027, 5, 24, 5, 0, tzinfo=UTC)
    assert retention.due(desk) == []
    at.at += timedelta(days=1)
    (line,) = retention.due(desk)
    assert (line.ref, line.due_on, line.goes_on, line.ripe) == (old, date(2027, 5, 25), None, False)
    with pytest.raises(errors.Refused, match="notice-needed"):
        purge.purge(desk.opened, old, why="retention")
    assert [one.ref for one in retention.notify(desk)] == [old]
    assert retention.notify(desk) == []
    at.at += timedelta(days=29)
    assert retention.run(desk, CODE) == []
    with pytest.raises(errors.Refused, match="notice-needed"):
        purge.purge(desk.opened, old, why="retention")
    at.at += timedelta(days=1)
    with pytest.raises(errors.Refused, match="retention-not-confirmed"):
        retention.run(desk, "1")
    assert [one.ref for one in retention.run(desk, CODE)] == [old]
    with desk.opened.reading() as read:
        assert {case_rows.find(read, ref).ref for ref in (grave, young)} == {grave, young}
        acts = [(one.act, one.codes) for one in audit.entries(read, limit=4)]
        assert audit.verify(read, desk.opened.unlocked).whole
    assert (acts[0][0], acts[0][1]["why"]) == ("case.purged", "retention")
    assert acts[1] == ("retention.noticed", {"goes_on": "2027-06-24", "count": 1})


@pytest.mark.parametrize("change", ["held", "reopened and closed again", "set anew", "off"])
def test_what_changes_after_the_notice_stops_it(desk: session.Desk, at: clock.SetClock, change: str) -> None:
    """A hold, another closing, another figure, off: the notice no longer carries a deletion."""
    ref = _closed(desk, Level.LOW)
    retention.set_months(desk, Level.LOW, 1)
    at.at += timedelta(days=60)
    retention.notify(desk)
    at.at += timedelta(days=31)
    assert [line.ripe for line in retention.due(desk)] == [True]
    if change == "held":
        decisions.hold(desk, ref, True, "Công an yêu cầu giữ.")
    elif change == "off":
        retention.set_months(desk, Level.LOW, None)
    elif change == "set anew":
        retention.set_months(desk, Level.LOW, 1)
    else:
        _set(desk, ref, status="open", closed_at=None)
        _set(desk, ref, status="closed", closed_at=desk.now() - timedelta(days=40))
    assert retention.run(desk, CODE) == []
    with pytest.raises(errors.Refused):
        purge.purge(desk.opened, ref, why="retention")
    with desk.opened.reading() as read:
        assert case_rows.find(read, ref)


def test_the_day_is_that_of_the_closing_in_vietnam() -> None:
    """Months after the closing; of a shorter month the last day."""
    assert proposed.due_on(datetime(2026, 8, 30, 18, 0, tzinfo=UTC), 6) == date(2027, 2, 28)
    assert proposed.due_on(datetime(2026, 12, 1, 5, 0, tzinfo=UTC), 12) == date(2027, 12, 1)
    assert proposed.due_on(datetime(2026, 1, 31, 5, 0, tzinfo=UTC), 25) == date(2028, 2, 29)


def test_a_moment_lies_in_its_month_term_and_year() -> None:
    """Against the periods themselves, over two years of days."""
    for day in range(0, 730, 5):
        instant = datetime(2026, 1, 1, 20, tzinfo=UTC) + timedelta(days=day)
        found = [period.read(name) for name in period.around(instant)]
        assert [one.shape for one in found] == ["month", "term", "year"]
        assert all(one.contains(instant) for one in found)


def test_what_a_deletion_cannot_reach_is_said_before(
    desk: session.Desk, at: clock.SetClock, capfd: pytest.CaptureFixture[str]
) -> None:
    """Backups that hold it and summaries that will not count it; a script gets the same as JSON."""
    ref = _closed(desk, Level.LOW)
    assert deletion.outlook(desk, ref).backup_at is None
    at.at += timedelta(days=1)
    with desk.opened.acting("backup.made") as act:
        act.session.merge(models.Setting(key="last_backup_at", value=clock.text(at.at)))
    outlook = deletion.outlook(desk, ref)
    assert outlook.backup_at == at.at
    assert outlook.periods == ("2026-11", "2026-2027-HK1", "2026-2027")
    assert packets.listed(desk, ref) == [] == list(outlook.packets)
    status, said = _run(desk, ["case", "purge", ref], capfd)
    assert (status, "--confirm" in said) == (2, True)
    status, said = _run(desk, ["case", "purge", ref, "--confirm", "2026-9999"], capfd)
    assert (status, "purge" in said or ref in said) == (5, True)
    status, said = _run(desk, ["case", "purge", ref, "--confirm", ref, "--json"], capfd)
    document = json.loads(said)
    assert (status, document["purged"]["ref"], document["cleared"]) == (0, ref, True)
    assert document["purged"]["periods"] == ["2026-11", "2026-2027-HK1", "2026-2027"]
    assert _run(desk, ["case", "purge", ref, "--confirm", ref], capfd)[0] == 2


def test_the_command_line_shows_sets_notices_and_runs(
    desk: session.Desk, at: clock.SetClock, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each command once, as a script calls it; without the code the ripe ones stay and the exit says 5."""
    ref = _closed(desk, Level.LOW)
    _status, said = _run(desk, ["retention", "show", "--json"], capfd)
    assert [one["months"] for one in json.loads(said)["levels"]] == [None] * 4
    assert "6" in _run(desk, ["retention", "show"], capfd)[1]
    assert _run(desk, ["retention", "set", "LOW", "1"], capfd)[0] == 0
    at.at += timedelta(days=60)
    assert ref in _run(desk, ["retention", "due"], capfd)[1]
    assert json.loads(_run(desk, ["retention", "run", "--json"], capfd)[1])["noticed"] == [ref]
    at.at += timedelta(days=30)
    assert _run(desk, ["retention", "run"], capfd)[0] == 5
    _status, said = _run(desk, ["retention", "run", "--confirm", CODE, "--json"], capfd)
    assert json.loads(said) == {"noticed": [], "purged": [ref], "due": []}
    assert json.loads(_run(desk, ["retention", "off", "--json"], capfd)[1]) == {"off": "all"}
    assert [rule.months for rule in retention.rules(desk)] == [None] * 4
