"""The app: what it keeps, the rules for it, and the API and page through which people reach it."""
