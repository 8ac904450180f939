"""How offices head the columns of their sheets, where that is none of the registry's own names."""

# Beside the names of a column for all tables stand those of one table alone, as `parks.name_zh`.
_SYNONYMS = {
    "park": "园区 园区名称 园区名 开发区 产业园 合作园区 共建园区 所属园区 所在园区 park_name",
    "host": "所在地 所在地区 所在城市 所在市县 所属地区 所在行政区 行政区划 属地 location host_city",
    "division": "合作方 参与方 主体 政府 地区 城市 行政区划 区划代码 行政区划代码 party partner city",
    "body": "机构 单位名称 管理机构 合作机构 运营主体 运营公司 organisation organization company",
    "agreement": "协议 合作协议 协议名称 依据 依据文件",
    "source": "来源 数据来源 资料来源 信息来源 出处",
    "function": "职能 管理职能 职责 分工 事权",
    "standing": "状态 效力 是否生效",
    "status": "状态 园区状态 建设状态",
    "since": "起始时间 开始时间 起始日期 开始日期 起始 自 起 生效时间 start start_date from begin",
    "until": "终止时间 结束时间 截止时间 终止日期 结束日期 截止日期 至 止 end end_date to",
    "established": "成立时间 设立时间 建立时间 成立日期 批准时间 成立年份 founded",
    "closed": "撤销时间 关闭时间 终止时间",
    "indicator": "指标 指标名称 指标代码 项目",
    "period": "年份 年度 时期 期间 时间 报告期 统计期 year",
    "value": "数值 数据 指标值 金额 数量 figure",
    "value_high": "上限 数值上限 最大值",
    "growth_percent": "增长率 增速 增幅 同比增长 同比 同比增速 growth",
    "precision": "精确度 精度 准确程度",
    "kind": "类型 类别 性质 种类 type",
    "cumulative": "是否累计 累计",
    "as_stated": "原文 原文表述 原始数据 表述",
    "scope": "范围 统计范围 口径",
    "percent": "比例 占比 分成比例 分享比例 股权比例 持股比例 share",
    "amount": "金额",
    "subject": "分享内容 分成内容 收益类型 分享事项",
    "basis": "计算基础 分成基数 基数",
    "base_year": "基年 基期 基准年",
    "condition": "条件 备注条件",
    "note": "备注 说明 注 remarks comment",
    "parks.name_zh": "园区名称 名称 中文名 中文名称 园区中文名称",
    "parks.name_en": "英文名 英文名称 园区英文名称 name",
    "parks.slug": "园区代码 园区标识 标识",
    "parks.website": "网址 网站 官网",
    "parks.summary_zh": "简介 园区简介 概况",
    "parks.part_of": "所属园区 上级园区",
    "park-sites.area": "面积 占地面积 区块面积",
    "park-names.name": "名称 曾用名 别名",
    "divisions.code": "区划代码 行政区划代码 代码",
    "divisions.name_zh": "名称 中文名 区划名称",
    "divisions.name_en": "英文名 name",
    "divisions.parent": "上级 上级区划 所属地区",
    "agreements.title_zh": "名称 协议名称 协议标题 中文标题",
    "agreements.title_en": "title 英文标题",
    "agreements.signed_on": "签署时间 签订时间 签订日期 签约时间",
    "agreements.place": "签署地点 签约地点",
    "sources.title": "标题 题名 名称",
    "sources.publisher": "发布机构 发布单位 出版者 媒体",
    "sources.url": "网址 链接 link",
    "sources.published_on": "发布时间 发布日期 出版日期",
    "events.date": "时间 日期 发生时间",
    "events.text_zh": "内容 事件 事件内容",
    "remarks.text_zh": "内容 备注",
    "citations.locator": "页码 位置 页",
    "citations.quote": "原文 引文",
    "officials.name_zh": "姓名",
    "officials.name_en": "name 英文姓名",
    "bodies.name_zh": "名称 机构名称 单位名称",
    "bodies.name_en": "name 英文名",
    "industries.name_zh": "名称 产业名称",
    "indicators.name_zh": "名称 指标名称",
}
# The unit of the figure in the same row, and where the row comes from.
UNITS = ("unit", "单位", "计量单位", "units")
SOURCES = ("source", "source_slug", *_SYNONYMS["source"].split())
# Numbers of lines.
NUMBERED = {"序号", "no", "#", "编号no", "号", "№"}
# What exports tell of every record beside its fields.
PASSED_OVER = ("url", "created", "changed", "evidence", "span", "existed", "problem")


def synonyms(table: str, column: str) -> list[str]:
    """What offices call this column of this table; what only this table calls so comes first."""
    return f"{_SYNONYMS.get(f'{table}.{column}', '')} {_SYNONYMS.get(column, '')}".split()
