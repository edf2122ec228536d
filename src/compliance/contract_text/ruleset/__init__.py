"""The text of a contract and a rule set: what binds, what changed, and a first rule set from the text."""
