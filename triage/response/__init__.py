"""What should be done about an incident, and by when: levels, playbooks, deadlines (pure)."""
