"""The invented school and its day: everything the demo shows, and nobody who exists."""
