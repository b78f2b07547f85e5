"""Who can open the store: header.json, the members' keys, passphrases, recovery words."""
