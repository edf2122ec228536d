"""The sample evidence: one module a contract, and the writing of the files."""
