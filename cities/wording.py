"""The words that say little in the name of a division: those for its kind."""

from core.wording import Wording

DIVISION = Wording(
    kinds="the of people's peoples government 人民政府 政府 市委",
    loose="""
        省$ 市$ 县$ 区$ 旗$ 盟$ 州$ 地区 林区 特区 自治区 自治州 自治县 自治旗 特别行政区
        壮族 回族 维吾尔 维吾尔族 蒙古族 藏族 彝族 土家族 苗族 傣族 白族 朝鲜族 满族 侗族 哈尼族 瑶族
        哈萨克 哈萨克族 羌族 黎族 布依族
        province city county district municipality prefecture league banner autonomous region special
        administrative shi xian qu sheng
    """,
)
