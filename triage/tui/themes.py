"""Three looks, each with the colours of the levels. Source: research/terminal.md 5.4; tests compute the contrasts."""

from __future__ import annotations

from textual.theme import Theme

from triage import i18n


def _theme(
    name: str,
    dark: bool,
    ground: str,
    panel: str,
    text: str,
    critical: str,
    high: str,
    medium: str,
    low: str,
    done: str,
    muted: str,
) -> Theme:
    return Theme(
        name=name,
        primary=low,
        secondary=low,
        accent=low,
        warning=high,
        error=critical,
        success=done,
        foreground=text,
        background=ground,
        surface=ground,
        panel=panel,
        dark=dark,
        variables={
            "risk-critical": critical,
            "risk-high": high,
            "risk-medium": medium,
            "risk-low": low,
            "risk-done": done,
            "text-muted": muted,
            "field-focus": panel,
            "block-cursor-background": text,
            "block-cursor-foreground": ground,
            "block-cursor-text-style": "bold",
        },
    )


THEMES = (
    _theme(
        "triage-dark",
        True,
        "#121417",
        "#20242b",
        "#e6e6e6",
        "#ff4d97",
        "#d9962f",
        "#f5ee19",
        "#7f8cf2",
        "#28f8f5",
        "#a0a7b0",
    ),
    _theme(
        "triage-light",
        False,
        "#fbfbf8",
        "#e6e6df",
        "#1b1d21",
        "#7a0046",
        "#8f6200",
        "#3e3600",
        "#09239c",
        "#037a51",
        "#595f69",
    ),
    _theme(
        "triage-contrast",
        True,
        "#000000",
        "#1a1a1a",
        "#ffffff",
        "#ffffff",
        "#ffff00",
        "#ffffff",
        "#ffffff",
        "#ffffff",
        "#ffffff",
    ),
)
"""Dark, light, high contrast."""
NAMES = {
    "triage-dark": i18n.later("dark"),
    "triage-light": i18n.later("light"),
    "triage-contrast": i18n.later("high contrast"),
}
"""What they are called."""
