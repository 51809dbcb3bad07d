"""The kinds of fields. Each makes a field of an entity; its `check` returns the value to keep,
or raises InvalidValue with a message for the person who typed it."""

import math
import re
from dataclasses import dataclass
from datetime import date as calendar_date
from typing import Callable
from urllib.parse import urlsplit

from app import messages

TEXT_LIMIT = 1000
LONG_TEXT_LIMIT = 100_000
EMAIL_LIMIT = 254
URL_LIMIT = 2000
# Larger whole numbers lose digits in clients that read JSON numbers as floating point.
INTEGER_LIMIT = 2**53 - 1
# Beyond it, hundredths can no longer be told apart in a JSON number.
MONEY_LIMIT = 1e13

DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
TIME_OF_DATE = re.compile(
    r"T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])?"
)
EMAIL = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
URL = re.compile(r"https?://[^\s/?#]\S*", re.IGNORECASE)
LINE_END = re.compile("[\n\v\f\r\x85\u2028\u2029]")
SURROGATE = re.compile("[\ud800-\udfff]")


class InvalidValue(Exception):
    pass


@dataclass(frozen=True)
class Field:
    type: str
    label: str
    check: Callable
    required: bool = False
    values: tuple = ()
    target: str = ""
    empty: object = None


def text(label, required=False):
    return Field("text", label, lambda value: check_line(value, TEXT_LIMIT), required)


def long_text(label, required=False):
    return Field("long_text", label, lambda value: check_text(value, LONG_TEXT_LIMIT), required)


def number(label, required=False):
    return Field("number", label, check_number, required)


def integer(label, required=False):
    return Field("integer", label, lambda value: check_integer(value, messages.INTEGER), required)


def money(label, required=False):
    return Field("money", label, check_money, required)


def date(label, required=False):
    return Field("date", label, lambda value: accept(value, is_date(value), messages.DATE), required)


def date_time(label, required=False):
    return Field("date_time", label, lambda value: accept(value, is_date_time(value), messages.DATE_TIME), required)


def time(label, required=False):
    return Field("time", label, lambda value: accept(value, is_time(value), messages.TIME), required)


def boolean(label):
    """A field that is false when it isn't given."""
    return Field(
        "boolean", label, lambda value: accept(value, isinstance(value, bool), messages.BOOLEAN), empty=False
    )


def email(label, required=False):
    def check(value):
        return accept(check_line(value, EMAIL_LIMIT), EMAIL.fullmatch(value), messages.EMAIL)

    return Field("email", label, check, required)


def url(label, required=False):
    def check(value):
        return accept(check_line(value, URL_LIMIT), is_url(value), messages.URL)

    return Field("url", label, check, required)


def enumeration(label, values, required=False):
    def check(value):
        return accept(value, value in values, messages.enumeration(values))

    return Field("enumeration", label, check, required, values=tuple(values))


def relation(label, target, required=False):
    """The id of a record of the entity named `target`. Whether it exists is checked where the store is at hand."""
    return Field(
        "relation", label, lambda value: check_integer(value, messages.RELATION), required, target=target
    )


def accept(value, is_right, message):
    if not is_right:
        raise InvalidValue(message)
    return value


def check_text(value, limit):
    accept(value, isinstance(value, str), messages.TEXT)
    accept(value, not SURROGATE.search(value), messages.BROKEN_TEXT)
    return accept(value, len(value) <= limit, messages.too_long(limit))


def check_line(value, limit):
    return accept(check_text(value, limit), not LINE_END.search(value), messages.ONE_LINE)


def check_number(value):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    try:
        accept(value, is_number and math.isfinite(value), messages.NUMBER)
    except OverflowError:
        raise InvalidValue(messages.NUMBER) from None
    # JSON has one kind of number: 5.0 is 5.
    return int(value) if value == int(value) and abs(value) <= INTEGER_LIMIT else value


def check_integer(value, message):
    try:
        whole = check_number(value)
    except InvalidValue:
        raise InvalidValue(message) from None
    return accept(whole, isinstance(whole, int) and abs(whole) <= INTEGER_LIMIT, message)


def check_money(value):
    amount = check_number(value)
    return accept(amount, abs(amount) < MONEY_LIMIT and round(amount, 2) == amount, messages.MONEY)


def is_date(value):
    match = DATE.fullmatch(value) if isinstance(value, str) else None
    if not match:
        return False
    try:
        calendar_date(*map(int, match.groups()))
    except ValueError:
        return False
    return True


def is_date_time(value):
    return isinstance(value, str) and is_date(value[:10]) and bool(TIME_OF_DATE.fullmatch(value[10:]))


def is_time(value):
    return isinstance(value, str) and bool(TIME.fullmatch(value))


def is_url(value):
    try:
        parts = urlsplit(value)
        # Reading the port checks it.
        return bool(URL.fullmatch(value) and parts.hostname) and (parts.port is None or parts.port >= 0)
    except ValueError:
        return False
