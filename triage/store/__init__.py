"""The encrypted store: one SQLCipher file, its keys, its evidence, its log."""
