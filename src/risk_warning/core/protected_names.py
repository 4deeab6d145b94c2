"""Protected names: detect column names that mean sex, birth, age, origin, religion, marriage, disability or identity.

A name is split into parts at underscores, digits and changes of case, so `x_customer_age`, `x_ageYears` and
`x_genderCode` match, and `x_usage`, `x_mortgage` and `x_sexton` do not. Chinese has no word breaks, so Chinese words
match anywhere in the name. A false alarm costs the lender a line of settings; a miss would put sex into a model. So an
ambiguous word matches.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

PROTECTED = ("sex", "age", "birth_date", "marital_status")
"""The contract's own protected columns: never in a model, whatever the settings."""
NAME, SETTING, CONTRACT = "name", "setting", "contract"
"""Why a column is kept out: because of its name, of the lender's settings, or of the contract."""
_WORDS_BY_SUBJECT = {
    "sex": "sex sexual gender genders male males female females woman women maiden transgender salutation xingbie",
    "birth": "birth birthday birthdays birthdate birthyear birthplace born dob yob bday dateofbirth chusheng shengri",
    "age": "age ages ageband agegroup nianling",
    "origin": "ethnic ethnicity race races racial caste tribe tribal skin minzu zhongzu",
    "nationality": "nation nationality nationalities citizen citizenship immigrant immigration",
    "religion": "religion religions religious faith church zongjiao",
    "marriage": "marital marriage married unmarried spouse spouses spousal husband wife divorced widow widowed hunyin",
    "pregnancy": "pregnant pregnancy maternity paternity huaiyun",
    "disability": "disability disabilities disabled handicap handicapped canji",
    "identity": "identity idcard idno idnumber nationalid passport ssn shenfenzheng sfz sfzh",
}
"""Words that match as a whole part: English, and the pinyin that Chinese tables use."""
_WORDS = frozenset(word for words in _WORDS_BY_SUBJECT.values() for word in words.split())
_BEGINNINGS = ("gender", "birth", "ethnic", "religio", "nationalit", "marital", "pregnan", "disabilit")
"""Prefixes of a part that no harmless word has, for names written without breaks such as `birthdt`."""
_PHRASES = (
    ("id", "card"),
    ("id", "no"),
    ("id", "number"),
    ("national", "id"),
    ("citizen", "id"),
    ("civil", "status"),
    ("family", "status"),
    ("native", "place"),
    ("social", "security"),
)
"""Parts that match when they are adjacent."""
_CHINESE_BY_SUBJECT = {
    "sex": "性别 性別 男 女",
    "birth": "出生 生日",
    "age": "年龄 年齡 周岁",
    "origin": "民族 种族 種族 籍贯 籍貫",
    "nationality": "国籍 國籍",
    "religion": "宗教 信仰",
    "marriage": "婚 配偶 丈夫 妻子 丧偶 喪偶 离异 離異",
    "pregnancy": "怀孕 懷孕 孕妇 孕婦",
    "disability": "残疾 殘疾 残障 殘障",
    "identity": "身份证 身份證 身分證 证件号 證件號",
}
_CHINESE = tuple(word for words in _CHINESE_BY_SUBJECT.values() for word in words.split())
_HARMLESS_CHINESE = re.compile("子女|儿女|兒女|(账户|賬戶|贷款|貸款|借款|车辆|車輛|房屋)(年龄|年齡)")
"""Children, and the ages of accounts, loans, cars and houses."""
_THINGS = frozenset(
    (
        "account",
        "loan",
        "car",
        "vehicle",
        "property",
        "house",
        "building",
        "file",
        "bureau",
        "debt",
        "invoice",
        "device",
    )
)
"""Things that have an age but are not people: directly before `age`, the age is the thing's."""
_LIKE_AGES = frozenset(("years", "yrs", "old", "older", "nl", "岁", "歲"))
"""Parts that may mean an age; with a thing or one of `_SPANS` in the same name they do not."""
_SPANS = frozenset(("term", "terms", "tenor", "tenors"))
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")


def parts(name: str) -> tuple[str, ...]:
    """Return the words of a column's name in lower case, without the `x_` of a lender's own column.

    >>> parts("x_genderCode"), parts("x_DOBYear2")
    (('gender', 'code'), ('dob', 'year'))
    """
    plain = unicodedata.normalize("NFKC", name)
    plain = plain[2:] if plain[:2].lower() == "x_" else plain
    return tuple(part.lower() for part in _PART.findall(plain))


def says_protected(name: str) -> bool:
    """Whether the name indicates that the column holds a protected attribute.

    >>> [says_protected(name) for name in ("x_customer_age", "x_ageYears", "x_usage", "x_客户性别")]
    [True, True, False, True]
    """
    words = parts(name)
    if any(_is_protected(words, i) for i in range(len(words))):
        return True
    chinese = _HARMLESS_CHINESE.sub(" ", unicodedata.normalize("NFKC", name))
    return any(word in chinese for word in _CHINESE)


def may_say_age(name: str) -> bool:
    """Whether the name may mean an age without being explicit, such as `x_years`; then the values decide."""
    words = parts(name)
    return not _LIKE_AGES.isdisjoint(words) and (_THINGS | _SPANS).isdisjoint(words)


@dataclass(frozen=True)
class NeverModelled:
    """The columns whose names alone exclude them from features; supports `in`."""

    protected: frozenset[str]
    """Never a feature, with or without an `x_` prefix."""
    allowed: frozenset[str] = frozenset()
    """The lender's own columns that may be features although their names match as protected."""

    def why(self, column: str) -> str | None:
        """Return why the column is kept out; None if its name is no reason.

        Names in the contract, such as `onboarded_on`, mean what the contract defines and are not split into parts.
        """
        if column in PROTECTED:
            return CONTRACT
        if column in self.protected:
            return SETTING
        if not column.startswith("x_") or column in self.allowed:
            return None
        if column.removeprefix("x_") in self.protected:
            return SETTING
        return NAME if says_protected(column) else None

    def among(self, columns: Iterable[str]) -> dict[str, str]:
        """Return column → why for the columns that are kept out, sorted."""
        reasons = {column: self.why(column) for column in sorted(columns)}
        return {column: why for column, why in reasons.items() if why is not None}

    def __contains__(self, column: object) -> bool:
        return isinstance(column, str) and self.why(column) is not None


def _is_protected(words: tuple[str, ...], i: int) -> bool:
    word = words[i]
    if word == "age" and i and words[i - 1] in _THINGS:
        return False
    return word in _WORDS or word.startswith(_BEGINNINGS) or words[i : i + 2] in _PHRASES
