"""The words that say little in the name of a park: what any park is called, and what is often left out."""

from cities.models import Division
from core.wording import Wording

PARK = Wording(
    kinds="""
        中国 市 县 园$ 区$ 国家级 省级 工业园区 工业园 产业园区 产业园 工业区 产业区 园区 工业 产业
        管理委员会 管委会 有限公司 有限责任公司 开发有限公司 开发建设有限公司 集团 公司 共建园区 共建 建设 发展
        park parks zone zones area industrial industry industries estate industrialpark industrialzone
        the of and in for at jointly built
        committee management administrative administration commission company corporation corp co ltd limited inc group
        province national
        gongye chanye yuanqu yuan qu gongyeyuan gongyeyuanqu chanyeyuan chanyeyuanqu guanweihui
    """,
    loose="""
        开发区=经济技术开发区=经济开发区=经开区
        高新区=高新技术产业开发区=高新技术开发区=高新技术产业园区
        新区 科技 科创 科学 创新 现代 合作 协作 合作区 协作区 示范区 示范 先行区 试验区 改革 特别 经济
        产业转移 转移 循环 协同 一体化 融合 联动 集聚区 功能区 新型 物流 生态 智能 制造 国际 战略性 项目
        城 科技城 飞地 山海 基地 云计算
        development economic science=scientific=sci=technology=technological=tech
        hitech=hi=high innovation modern
        cooperation cooperative collaboration demonstration pilot special transfer circular coordinated
        integrated integration logistics eco smart intelligent manufacturing international enclave mountain sea
        base cloud computing initiative cluster linkage new reform district county city
    """,
    places=Division,
)
