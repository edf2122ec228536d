"""The batch: papermill over worker processes."""

# Before anything else of the batch imports jsonschema: see there why it is imported with care.
import compliance.reading.schema  # noqa: F401
