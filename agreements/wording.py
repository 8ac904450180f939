"""The words that say little in the title of an agreement: that it is one, and about what all are."""

from core.wording import Wording

AGREEMENT = Wording(
    kinds="""
        关于 的 和 与 及 市 县 人民政府 协议书 协议 合同 签署 签订 共同 工业园区 工业园 产业园区 产业园 园区
        agreement agreements the of on and in for to a an between with by jointly people s peoples
        governments government industrial park parks zone
    """,
    loose="""
        合作 协作 框架协议 框架 战略 补充 实施 方案 备忘录 共建 建设 合作协议 决定 意见 计划 规划 安排 移交 托管
        联合 发展 加快 推进 新一轮 结对 帮扶 共同建设
        cooperation framework strategic supplementary implementation plan memorandum building construction
        joint decision arrangement transfer trusteeship development developing establishing promoting
        accelerating new round paired assistance deepening speeding up
    """,
)
