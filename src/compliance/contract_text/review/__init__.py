"""What is wrong in the text of a contract itself, before any evidence exists."""
