"""Contracts invented for the tests, and how a text becomes a clause tree."""

from __future__ import annotations

from compliance.contract_text.readers.residue import cleaned_line
from compliance.contract_text.records import ClauseTree, Line
from compliance.contract_text.tree import clause_tree


def tree_of(text: str) -> ClauseTree:
    """The clauses of a text, as of a TXT file."""
    lines: list[Line] = []
    apart = False
    for number, raw in enumerate(text.strip("\n").split("\n"), start=1):
        line = cleaned_line(number, raw, apart=apart)
        apart = line is None
        if line is not None:
            lines.append(line)
    return clause_tree("contract.txt", "0" * 64, lines)


# Everything in it agrees: no check may find anything that is an error.
SOUND = """
园区保洁服务合同

甲方：某区机关事务中心
地址：某区某路 1 号

乙方：某市洁净服务有限公司
地址：某区某路 2 号

双方协商一致，就园区保洁服务订立本合同。

第一条 服务内容

1. 乙方负责园区三栋办公楼的日常保洁。

2. 价目见下表：

序号	项目	单价（元）	数量	合价（元）
1	楼内保洁	1200.50	10	12005.00
2	外墙清洗	300.00	4	1200.00
3	绿化养护	99.75	20	1995.00
合计				15200.00

第二条 服务期限

服务期限自 2027 年 3 月 1 日至 2028 年 2 月 29 日，共 12 个月。

第三条 合同价款

3.1 合同总金额为人民币 15200.00 元（大写：壹万伍仟贰佰元整）。

3.2 合同签订后 10 个工作日内支付合同总金额的 30%，即人民币 4560 元；2028 年 3 月 15 日前支付合同总金额的 70%，即人民币 10640 元。

第四条 违约责任

（一）乙方逾期完成的，每逾期一日按合同总金额的 0.1% 支付违约金，累计不超过合同总金额的 10%。

（二）乙方应在收到甲方通知之日起 5 个工作日内更换不合格人员。

(以下无正文)

甲方（盖章）：某区机关事务中心
签订日期：2027 年 2 月 1 日

乙方（盖章）：某市洁净服务有限公司
签订日期：2027 年 2 月 1 日
"""
