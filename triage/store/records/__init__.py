"""Questions to the store's tables: plain rows in, plain rows out, one module a noun."""
