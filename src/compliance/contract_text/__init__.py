"""The text of a contract itself: clauses, figures, what rules say of it, what is wrong in it."""
