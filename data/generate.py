"""Makes the sample evidence: a service year of each contract as the parties would hand it over, with planted irregularities.

Run `python data/generate.py [FOLDER [CONTRACT ...]]`. Everything follows from the contracts; the same bytes every time. What was
planted is described in IRREGULARITIES.md and listed for the test in irregularities.yaml.
"""

from __future__ import annotations

import sys
from pathlib import Path

from generator import appointment, complaints, govcloud, hotline, medadmin
from generator.calls import write_calls
from generator.files import Handover, write_evidence

EVIDENCE = {
    "hotline-2025": (hotline.tables, Handover("甲方项目办公室", "2026-10-20", "utf-8-sig", chinese=True)),
    "govcloud-2026": (govcloud.tables, Handover("甲方云服务管理科", "2027-07-20")),
    "appointment-2026": (appointment.tables, Handover("乙方项目管理部", "2027-02-18", chinese=True, workbook="证据.xlsx")),
    "complaints-2026": (complaints.tables, Handover("甲方项目办公室", "2027-02-26", chinese=True)),
    "medadmin-2024": (medadmin.tables, Handover("甲方运行保障科", "2025-06-20", "gb18030", chinese=True)),
}
# The contract whose calls come as a Parquet table beside the files.
WITH_CALLS = "hotline-2025"


def main(target: Path, chosen: list[str]) -> None:
    for contract, (make, how) in EVIDENCE.items():
        if not chosen or contract in chosen:
            folder = target / contract
            folder.mkdir(parents=True, exist_ok=True)
            write_evidence(folder, make(), how, write_calls(folder) if contract == WITH_CALLS else {})


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent, sys.argv[2:])
