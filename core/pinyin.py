"""How a Chinese name is read aloud, so that it is found by its pinyin where nobody has written that down.

Each character has its commonest reading, and the places below theirs. Whole phrases would settle more, but take four
times the memory, and know fewer of these places than the list here.
"""

import os
import re
from functools import cache

HAN = re.compile(r"[㐀-鿿]")
# Where names of places, and what such names are made of, are read otherwise than the character by itself.
PLACES = """
    长:chang 长子:zhangzi 都:du 什:shi 勒:le 佛:fo 蚌:beng 堡:bao 重庆:chongqing 厦门:xiamen 西藏:xizang 六安:luan
    六合:luhe 成都:chengdu 宝坻:baodi 乐亭:laoting 乐清:yueqing 乐陵:laoling 蔚县:yuxian 泊头:botou 大城县:daichengxian
    繁峙:fanshi 洪洞:hongtong 珲春:hunchun 茄子河:qiezihe 闵行:minhang 枞阳:zongyang 涡阳:guoyang 铅山:yanshan
    牟平:muping 中牟:zhongmu 东阿:donge 单县:shanxian 浚县:xunxian 召陵:shaoling 泌阳:biyang 黄陂:huangpi 曾都:zengdu
    番禺:panyu 大埔:dabu 龙圩:longxu 覃塘:qintang 犍为:qianwei 筠连:junlian 荥经:yingjing 吴堡:wubu 崆峒:kongtong
    宕昌:tanchang 称多:chenduo 红寺堡:hongsibu 尉犁:yuli 伽师:jiashi
"""
READINGS = dict(pair.split(":") for pair in PLACES.split())
_READ = re.compile("|".join(sorted(READINGS, key=len, reverse=True)) + f"|{HAN.pattern}")


def read_aloud(name: str) -> str:
    """The name with each Chinese character as pinyin, without tones; what is not Chinese stays as it is."""
    return _READ.sub(lambda found: READINGS.get(found[0]) or _reading(found[0]), name)


@cache
def _reading(character):
    # Only where names are written, and without the phrases: they would take 40 MB.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    from pypinyin import lazy_pinyin

    return lazy_pinyin(character, v_to_u=True)[0]
