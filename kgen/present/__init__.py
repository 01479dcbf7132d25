"""What kgen found and made, as text for people and as JSON for programs; no output is written here."""
