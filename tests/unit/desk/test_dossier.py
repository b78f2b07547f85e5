"""What a case says in a packet's report: kinds, the safe adult, the box of what is urgent, what was done."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from triage import clock, errors, i18n
from triage.desk import cases, dossier, people, session, steps, timeline, view
from triage.packet import contents, documents, report
from triage.store.records import cases as case_rows
from triage.terms import Channel, Kind, Part, Profile

LIFE = "Giữ an toàn tính mạng cho em"
DEADLINE = "Hành động trước hạn"
THREATENED = {
    "extortion_active": "yes",
    "intimate_image": "threatened",
    "deadline": "within_24h",
    "self_harm": "passive",
    "whereabouts": "known_safe",
    "danger_now": "no",
    "impact": "upset",
    "loss_recent_24h": "no",
    "lives_with_offender": "no",
    "student_now": "with_me",
}


@pytest.fixture
def ref(desk: session.Desk) -> str:
    """Told as something unclear, understood as extortion."""
    ref = cases.new(desk, cases.NewCase(answers=THREATENED, words="Em sợ lắm cô ơi.")).ref
    cases.add_kinds(desk, ref, (Kind.SEXTORT,))
    return ref


def _written(desk: session.Desk, ref: str, profile: Profile = Profile.WARD) -> contents.PacketCase:
    with desk.opened.reading() as unit:
        case = dossier.write_out(
            unit,
            case_rows.find(unit, ref),
            number="HS-7K3M9QTX",
            replaces=None,
            profile=profile,
            recipient=contents.Party("Công an phường Bến Đò"),
            basis="NĐ 56/2017 Điều 25",
            purpose="tin báo",
            items=(),
            made_by=desk.label,
            now=desk.now(),
            language="vi",
        )
    return contents.fitted(case)


def _said(case: contents.PacketCase) -> str:
    return json.dumps(report.described(case), ensure_ascii=False)


def test_a_kind_that_is_known_is_not_said_to_be_unclear(desk: session.Desk, ref: str) -> None:
    """«chưa rõ» goes once another kind stands; alone it stays, and the store keeps both."""
    case = _written(desk, ref)
    assert [code for code, _vi, _en in case.kinds] == ["SEXTORT"]
    with desk.opened.reading() as unit:
        assert set(case_rows.kinds(unit, case_rows.find(unit, ref).id)) == {"UNSURE", "SEXTORT"}
    unclear = cases.new(desk, cases.NewCase()).ref
    assert [vi for _code, vi, _en in _written(desk, unclear).kinds] == ["chưa rõ"]


def test_what_was_answered_about_money_stands_under_harm(desk: session.Desk) -> None:
    """The box calls for the money to be held: what is known of it stands in the report, and nothing else."""
    answers = {"loss_band": "2_10m", "loss_recent_24h": "yes", "impact": "unknown"}
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SCAM,), answers=answers)).ref
    case = _written(desk, ref)
    said = ["Số tiền đã mất: từ 2.000.000 đến 10.000.000 đồng.", "Tiền chuyển đi trong 24 giờ: có."]
    assert [vi for vi, _en in case.harm] == said
    assert all(line in _said(case) for line in said)
    assert "xem mục" not in _said(case)
    letter = cases.add_person(desk, ref, Part.AFFECTED, {})
    cases.answer(desk, ref, {"impact": "severe", "loss_band": "none"}, person=letter)
    assert [vi for vi, _en in _written(desk, ref).harm if vi.startswith(f"{letter}: Ăn, ngủ")]
    assert not _written(desk, ref, Profile.PRINCIPAL).harm


def test_the_box_names_the_risk_to_life_and_the_deadline(desk: session.Desk, ref: str) -> None:
    """Both once, the risk first, the deadline with its time; nothing of what the student said of death."""
    urgent = _written(desk, ref).urgent
    at = desk.now().astimezone(clock.VIETNAM).strftime("%d/%m/%Y %H:%M")
    places = [[line.startswith(start) for line in urgent].index(True) for start in (LIFE, DEADLINE)]
    assert places == sorted(places)
    assert len(set(urgent)) == len(urgent)
    assert f"trong 24 giờ tới (ghi nhận lúc {at})" in urgent[places[1]]
    tonight = i18n.word("urgent", "tonight", "vi")
    assert tonight not in urgent, "it was answered that the place is known and safe"
    cases.answer(desk, ref, {"whereabouts": "unknown"})
    assert _written(desk, ref).urgent[-1] == tonight
    assert not [line for line in urgent if "chết" in line or "thức dậy" in line or "{" in line]
    assert [line in _said(_written(desk, ref)) for line in urgent] == [True] * len(urgent)


@pytest.mark.parametrize(
    ("answers", "lines"),
    [
        ({"self_harm": "acute", "deadline": "none"}, [LIFE]),
        ({"self_harm": "method_no_intent", "deadline": "none"}, [LIFE]),
        ({"self_harm": "none", "deadline": "within_24h"}, [DEADLINE]),
        ({"self_harm": "unknown", "deadline": "unknown"}, []),
        ({"self_harm": "none", "deadline": "over_24h"}, []),
    ],
)
def test_the_box_says_only_what_was_answered(
    desk: session.Desk, ref: str, answers: dict[str, str], lines: list[str]
) -> None:
    """A line stands for its answer alone; what nobody knows is no line."""
    cases.answer(desk, ref, answers)
    urgent = _written(desk, ref).urgent
    assert [start for start in (LIFE, DEADLINE) if any(line.startswith(start) for line in urgent)] == lines


def test_the_deadline_keeps_the_time_at_which_it_was_told(
    desk: session.Desk, ref: str, at: clock.SetClock
) -> None:
    """A packet made later does not move the deadline; with two students each line says of whom it is."""
    at.at += timedelta(hours=5)
    other = cases.add_person(desk, ref, Part.AFFECTED, {})
    cases.answer(desk, ref, {"deadline": "within_24h", "self_harm": "acute"}, person=other)
    urgent = _written(desk, ref).urgent
    times = {line[:1]: line for line in urgent if DEADLINE in line}
    assert "25/11/2026 12:00" in times["A"] and "25/11/2026 17:00" in times["B"]
    assert next(line for line in urgent if LIFE in line).startswith("A, B: ")


def test_what_was_done_is_the_act_and_not_the_script(desk: session.Desk, ref: str) -> None:
    """A short name with result and number; what was only talk is counted, and is still in case.json."""
    steps.done(desk, ref, "Z1")
    steps.done(desk, ref, "Z2", result="Đã hỏi, cô ở cạnh em.")
    steps.done(desk, ref, "Z3")
    steps.done(desk, ref, "Z5", result="Công an phường Bến Đò, cán bộ N.", reference="45/TB")
    case = _written(desk, ref)
    said = _said(case)
    assert "Nói với em câu này" not in said
    assert "Người đang ở đó gọi" not in said
    assert (
        "Báo Công an (phường/xã hoặc 113), gọi 111 nếu em dưới 18 tuổi "
        "(Công an phường Bến Đò, cán bộ N.) (45/TB)"
    ) in said
    assert "Hỏi em các câu an toàn (Đã hỏi, cô ở cạnh em.)" in said
    assert "Cùng em dừng trả lời, dừng trả tiền, chưa chặn" in said
    assert "Trấn an em" not in said
    assert "Không nêu ở đây 1 việc" in said
    document = documents.case(case)
    documents.written(document)
    assert [line["vi"] for line in document["done"]].count("Trấn an em") == 1


def test_a_step_left_out_is_named_the_same_way(desk: session.Desk, ref: str) -> None:
    """The reason stands behind the act, not behind the script."""
    steps.skip(desk, ref, "Z1", "Em đã bình tĩnh.", agreed_by="Thầy Bình")
    said = _said(_written(desk, ref))
    assert "Trấn an em: Em đã bình tĩnh." in said
    assert "Nói với em câu này" not in said


def test_the_safe_adult_of_the_screen_is_not_called_a_guardian(desk: session.Desk, ref: str) -> None:
    """Both fields of the form stand under the form's own words, and how to reach the student under its own."""
    who = {"contact": "gặp ở phòng tham vấn, không gọi", "guardian": "Dì Hạnh", "guardian_contact": "chiều"}
    cases.set_identity(desk, ref, "A", who)
    (section,) = [
        each for each in report.described(_written(desk, ref))["sections"] if "HỌC SINH" in each["title"]
    ]
    rows = {label: value for block in section["blocks"] for label, value in block.get("rows", ())}
    assert rows["Cách liên lạc với em"] == "gặp ở phòng tham vấn, không gọi"
    assert rows["Người lớn an toàn của em"] == "Dì Hạnh"
    assert rows["Cách liên lạc với người lớn này"] == "chiều"
    assert "đại diện" not in json.dumps(section, ensure_ascii=False).casefold()
    assert "Người liên hệ" not in rows


def test_the_words_of_a_room_mate_are_not_the_students(desk: session.Desk) -> None:
    """What the one who reports told is printed as hers; what the student says later stands as the student's."""
    told = cases.NewCase(channel=Channel.FRIEND, words="Bạn em đi từ sáng.")
    ref = cases.new(desk, told).ref
    cases.note(desk, ref, "Em ở quán nước.", kind="words", at=desk.now() + timedelta(minutes=1))
    case = _written(desk, ref)
    assert [quote.text for quote in case.words] == ["Em ở quán nước."]
    assert [(line.vi, line.source) for line in case.timeline if "Bạn em" in line.vi] == [
        ("Người báo tin kể: “Bạn em đi từ sáng.”", "friend")
    ]
    by_parent = cases.new(desk, cases.NewCase(channel=Channel.PARENT, words="Con tôi đi từ sáng.")).ref
    assert _written(desk, by_parent).timeline[-1].source == "family"
    seen = timeline.of_case(desk, view.case(desk, ref))
    assert [(event.what, event.text) for event in seen if event.text.startswith(("Bạn", "Em"))] == [
        ("reported", "Bạn em đi từ sáng."),
        ("words", "Em ở quán nước."),
    ]


@pytest.mark.parametrize(
    ("where", "said"), [(None, "chưa biết em đang ở đâu"), ("unreachable", "chưa liên lạc được")]
)
def test_the_box_says_only_what_is_known_of_where_the_student_is(
    desk: session.Desk, where: str | None, said: str
) -> None:
    answers = {"whereabouts": where} if where else {}
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.VKIDNAP,), answers=answers)).ref
    (line,) = (one for one in _written(desk, ref).urgent if one.startswith("Tìm em"))
    assert said in line


def test_the_box_says_that_home_is_not_to_be_called(desk: session.Desk, ref: str) -> None:
    """An officer could simply call the parents: one line, whichever of the two was answered."""
    line = "Khoan liên hệ gia đình em"
    assert not any(line in one for one in _written(desk, ref).urgent)
    for answers in ({"guardian_safe": "no"}, {"fear_home": "yes"}):
        cases.answer(desk, ref, answers)
        assert sum(line in one for one in _written(desk, ref).urgent) == 1
    assert line in _said(_written(desk, ref))


def test_what_was_told_before_the_student_was_found_is_said_to_be_so(
    desk: session.Desk, at: clock.SetClock
) -> None:
    """«Orders are given now» of this morning is not told to the police as of this minute."""
    answers = {"whereabouts": "unreachable", "student_now": "not_reached", "live_control": "yes"}
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.VKIDNAP,), answers=answers)).ref
    orders, before = "đang ra lệnh cho em lúc này", "sau đó chưa hỏi lại"

    def line() -> str:
        return next(one for one in _written(desk, ref).urgent if orders in one)

    assert before not in line()
    at.at += timedelta(minutes=20)
    cases.answer(desk, ref, {"whereabouts": "known_safe", "student_now": "with_me"})
    assert before in line()
    cases.answer(desk, ref, {"live_control": "yes"})
    assert before not in line()


def test_what_else_was_told_goes_along(desk: session.Desk) -> None:
    """What gives no level of its own is not left for the police to ask the student again."""
    answers = {"danger_now": "yes", "sexual_element": "yes", "offender": "unknown_online"}
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.GROOM,), answers=answers)).ref
    case = _written(desk, ref)
    assert any("nói chuyện tình dục" in vi for vi, _en in case.reasons)
    assert "nói chuyện tình dục" in _said(case)


def test_the_school_can_be_reached(desk: session.Desk, ref: str) -> None:
    """The packet prints telephone and address once they are written down; emptied they are gone."""
    assert _written(desk, ref).school.phone == ""
    people.set_school(desk, phone=" 0900 000 079 ", address="1 đường Hoa Gạo (hư cấu)")
    case = _written(desk, ref)
    assert (case.school.phone, case.school.address) == ("0900 000 079", "1 đường Hoa Gạo (hư cấu)")
    assert "0900 000 079" in _said(case)
    people.set_school(desk, phone="")
    assert people.school(desk)["phone"] == "" and people.school(desk)["address"]
    with pytest.raises(errors.UsageError):
        people.set_school(desk, address="x" * 201)


def test_of_two_students_each_line_says_of_whom_it_is(desk: session.Desk) -> None:
    """A is missing, B's home is not to be called: the police must not hold back from the family of A."""
    answers = {"whereabouts": "unreachable", "student_now": "not_reached", "guardian_safe": "yes"}
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.VKIDNAP,), answers=answers)).ref
    other = cases.add_person(desk, ref, Part.AFFECTED, {})
    here = {"whereabouts": "known_safe", "student_now": "with_me", "guardian_safe": "no", "danger_now": "no"}
    cases.answer(desk, ref, here, person=other)
    case = _written(desk, ref)
    (home,) = (line for line in case.urgent if "Khoan liên hệ gia đình" in line)
    (search,) = (line for line in case.urgent if "Tìm em" in line)
    assert (home[:3], search[:3]) == ("B: ", "A: ")
    assert all(vi[:2] in ("A:", "B:", "A,") for vi, _en in case.reasons)
    assert any(line.vi == "B: Ghi nhận: em đang ở cạnh người ghi." for line in case.timeline)
    steps.done(desk, ref, "Y3", result="113 đã nhận")
    (call,) = (line.vi for line in _written(desk, ref).done if "113" in line.vi)
    assert "(A: 113 đã nhận)" in call


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"danger_now": "yes"}, "Bảo vệ em ngay"),
        ({"violence_threat": "specific_target", "means_or_plan": "yes"}, "nhắm vào một người cụ thể"),
        ({"lives_with_offender": "yes", "fear": "yes"}, "người đó ở cùng nhà"),
        ({"urged_self_harm": "yes", "self_harm": "passive"}, "xúi em tự làm hại mình"),
        ({"meets_offender_today": "yes", "fear": "yes", "self_harm": "acute"}, "không để em gặp một mình"),
    ],
)
def test_what_makes_it_critical_stands_in_the_box(
    desk: session.Desk, answers: dict[str, str], said: str
) -> None:
    """No packet calls a case critical over an empty box; the principal's neither."""
    safe = {"danger_now": "no", "whereabouts": "known_safe", "student_now": "with_me", "self_harm": "none"}
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.CONTROL,), answers=safe | answers)).ref
    for profile in (Profile.WARD, Profile.PRINCIPAL):
        case = _written(desk, ref, profile)
        assert any(said in line for line in case.urgent)
        assert any("Chưa rõ báo gia đình" in line for line in case.urgent)
        tonight = i18n.word("urgent", "tonight", "vi")
        assert tonight not in case.urgent
    cases.answer(desk, ref, {"guardian_safe": "no", "safe": "no"})
    case = _written(desk, ref)
    assert tonight in case.urgent and not any("Chưa rõ báo" in line for line in case.urgent)
    places = [line.vi for line in case.timeline if "biết rõ em ở đâu" in line.vi]
    assert places == ["Ghi nhận: đã biết rõ em ở đâu."], (
        "that it is not safe was told later: it is in the box"
    )


def test_that_she_was_missing_stays_in_the_timeline(desk: session.Desk, at: clock.SetClock) -> None:
    """Why 113 was called is seen after she is found; a slip of a key that was put right at once is not."""
    ref = cases.new(desk, cases.NewCase(answers={"whereabouts": "unreachable"})).ref
    at.at += timedelta(minutes=20)
    cases.answer(desk, ref, {"whereabouts": "isolated_by_order"})
    at.at += timedelta(seconds=20)
    cases.answer(desk, ref, {"whereabouts": "known_safe"})
    said = [line.vi for line in _written(desk, ref).timeline if line.vi.startswith("Ghi nhận")]
    assert said == [
        "Ghi nhận: em không có mặt và không liên lạc được.",
        "Ghi nhận: đã biết rõ em ở đâu và an toàn.",
    ]


def test_money_is_not_said_to_be_sent_when_nobody_said_so(desk: session.Desk) -> None:
    """Lost, and nobody asked when: the box says that it is not known."""
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SCAM,), answers={"loss_band": "2_10m"})).ref
    for said, wanted in (("", "chưa rõ tiền có chuyển"), ("unknown", "chưa rõ"), ("yes", "tiền vừa chuyển")):
        if said:
            cases.answer(desk, ref, {"loss_recent_24h": said})
        (line,) = (one for one in _written(desk, ref).urgent if "Giữ tiền" in one)
        assert wanted in line


def test_where_she_is_stands_in_the_timeline(desk: session.Desk, at: clock.SetClock) -> None:
    """Who is found is not searched for by those who read the packet; and why it was high says when it was told."""
    answers = {"whereabouts": "unreachable", "student_now": "not_reached", "live_control": "yes"}
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.VKIDNAP,), answers=answers)).ref
    missing = [line.vi for line in _written(desk, ref).timeline]
    assert "Ghi nhận: em không có mặt và không liên lạc được." in missing
    at.at += timedelta(minutes=20)
    cases.answer(desk, ref, {"whereabouts": "known_safe", "student_now": "with_me"})
    case = _written(desk, ref)
    found = [line for line in case.timeline if line.vi == "Ghi nhận: đã biết rõ em ở đâu và an toàn."]
    assert [line.at for line in found] == [at.at]
    (orders,) = (vi for vi, _en in case.reasons if "đang bị ra lệnh" in vi)
    assert "sau đó chưa hỏi lại" in orders
    assert not [vi for vi, _en in case.reasons if "câu hỏi bắt buộc" in vi]


def test_of_one_student_no_measure_has_a_letter(desk: session.Desk, at: clock.SetClock) -> None:
    """Registered for a later period than the act: it is hers all the same."""
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.SEXTORT,))).ref
    steps.done(desk, ref, "Z1", result="Em đã nghe.")
    with desk.opened.acting("test") as act:
        (one,) = case_rows.people(act.session, case_rows.find(act.session, ref).id)
        one.added_at = at.at + timedelta(days=30)
        act.session.add(one)
    assert not [line.vi for line in _written(desk, ref).done if line.vi.startswith((":", "A:"))]


def test_a_home_nobody_asked_about_is_named_for_each_student(desk: session.Desk) -> None:
    """Nothing else is urgent for B: a box that warned of A's home alone would read as if B's could be called."""
    ref = cases.new(desk, cases.NewCase(kinds=(Kind.GROOM,), answers={"danger_now": "yes"})).ref
    other = cases.add_person(desk, ref, Part.AFFECTED, {})
    safe = {"danger_now": "no", "whereabouts": "known_safe", "student_now": "with_me", "self_harm": "none"}
    cases.answer(desk, ref, safe | {"meeting_travel": "none"}, person=other)
    homes = [line for line in _written(desk, ref).urgent if "Chưa rõ báo gia đình" in line]
    assert [line.partition(": ")[0] for line in homes] == ["A, B"]
