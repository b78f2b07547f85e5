"""Every word is there in both languages."""

from __future__ import annotations

import ast
import re
import string
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path

from babel.messages import pofile

from triage import errors, i18n, terms

ROOT = Path(__file__).resolve().parents[2]
CODE = sorted((ROOT / "triage").rglob("*.py"))
ERROR_FILES = sorted((ROOT / "triage" / "locale" / "errors").glob("*.toml"))


def _calls(name: str) -> list[ast.Call]:
    found = []
    for file in CODE:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                if called == name:
                    found.append(node)
    return found


def _said() -> set[str]:
    """Every message id: arguments of i18n.say(), help texts of commands and options."""
    ids = set()
    for node in [*_calls("say"), *_calls("later")]:
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "i18n":
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    ids.add(part.value)
    for name in ("option", "command", "group"):
        for node in _calls(name):
            for keyword in node.keywords:
                if keyword.arg == "help" and isinstance(keyword.value, ast.Constant):
                    ids.add(str(keyword.value.value))
    return ids - {""}


def _branches(node: ast.expr) -> list[ast.expr]:
    return [node.body, node.orelse] if isinstance(node, ast.IfExp) else [node]


def _placeholders(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


def test_every_sentence_has_its_vietnamese() -> None:
    """Each message id is translated, with the same placeholders; the catalogue holds nothing else."""
    with (ROOT / "triage/locale/vi/LC_MESSAGES/triage.po").open("rb") as file:
        catalogue = {message.id: message.string for message in pofile.read_po(file) if message.id}
    said = _said()
    assert sorted(said - set(catalogue)) == []
    assert sorted(set(catalogue) - said) == []
    for message, words in ((str(one), str(other)) for one, other in catalogue.items()):
        assert words, message
        assert _placeholders(words) == _placeholders(message), message
        assert unicodedata.is_normalized("NFC", words), message


def test_every_error_has_its_words() -> None:
    """Each code raised has what happened, what is safe and what to do next, in both languages; no code is idle."""
    kinds = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    raised = set()
    for name in kinds:
        for node in _calls(name):
            for part in _branches(node.args[0]) if node.args else ():
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    raised.add(part.value)
    codes = Counter(code for file in ERROR_FILES for code in tomllib.loads(file.read_text(encoding="utf-8")))
    assert [code for code, times in codes.items() if times > 1] == []
    known = i18n.error_words()
    assert sorted(raised - set(known) - {""}) == []
    mentioned = "\n".join(file.read_text(encoding="utf-8") for file in CODE)
    assert sorted(code for code in known if f'"{code}"' not in mentioned) == []
    for code, entry in known.items():
        assert set(entry) in ({"vi", "en"}, {"vi", "en", "screen_vi", "screen_en"}), code
        for language in ("vi", "en"):
            # On the screen nobody is sent to the command line by what has a key there.
            assert "triage " not in entry.get(f"screen_{language}", ""), code
            assert _placeholders(entry.get(f"screen_{language}", "")) <= _placeholders(
                " ".join(entry[language])
            ), code
        assert len(entry["vi"]) == len(entry["en"]) == 3, code
        assert _placeholders(" ".join(entry["vi"])) == _placeholders(" ".join(entry["en"])), code


def test_every_word_of_the_domain_has_a_label() -> None:
    """Each value of each enum that is shown has a word in both languages."""
    groups = {
        "level": terms.Level.__members__, "kind": terms.Kind.__members__,
        "channel": [one.value for one in terms.Channel],
        "status": [one.value for one in terms.Status], "state": [one.value for one in terms.StepState],
        "part": [one.value for one in terms.Part], "reason": [one.value for one in terms.CloseReason],
        "right": [one.value for one in terms.Right], "profile": [one.value for one in terms.Profile],
    }  # fmt: skip
    for group, values in groups.items():
        for value in values:
            assert i18n.word(group, value, "vi"), (group, value)
            assert i18n.word(group, value, "en"), (group, value)


def test_vietnamese_spelling_and_tone() -> None:
    """One spelling (xóa, khóa, dọa, hòa), NFC, no word that labels the child."""
    old = re.compile(r"\b(xoá|khoá|doạ|hoà|toạ|thoả|hoá)\b", re.IGNORECASE)
    for file in sorted((ROOT / "triage").rglob("*.toml")) + sorted((ROOT / "triage").rglob("*.po")):
        text = file.read_text(encoding="utf-8")
        assert unicodedata.is_normalized("NFC", text), file
        assert not old.search(text), (file, old.search(text))
        assert "nạn nhân" not in text.casefold(), file
