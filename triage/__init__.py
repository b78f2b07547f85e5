"""Triage: what a school counsellor opens when a student has found the courage to tell."""
