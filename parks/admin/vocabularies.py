"""The pages of industries and indicators, which everything else chooses from."""

from django.contrib import admin

from core.admin.records import RecordAdmin
from parks.models import Indicator, Industry


class VocabularyAdmin(RecordAdmin):
    search_fields = ("code", "name_en", "name_zh")
    prepopulated_fields = {"code": ("name_en",)}
    lasting_fields = ("code",)
    ordering = ("code",)


@admin.register(Industry)
class IndustryAdmin(VocabularyAdmin):
    list_display = ("name_en", "name_zh", "code", "last_change")
    fields = ("name_en", "name_zh", "code")


@admin.register(Indicator)
class IndicatorAdmin(VocabularyAdmin):
    list_display = ("name_en", "name_zh", "unit", "code", "last_change")
    fields = ("name_en", "name_zh", "unit", "code")
