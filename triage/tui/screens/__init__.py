"""Screens: each what a counsellor sees at one time."""
