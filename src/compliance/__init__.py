"""Rules-as-code auditor of service contracts."""

import os

# Workbooks are read and written by the same parser whether lxml is installed or not: its bytes differ, and what it accepts
# of a hostile workbook does too.
os.environ["OPENPYXL_LXML"] = "False"
