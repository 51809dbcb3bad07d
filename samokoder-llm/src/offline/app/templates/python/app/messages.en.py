"""What the app tells the people who use it."""

INVALID = "Some fields need another value."
REQUIRED = "Fill this in."
UNKNOWN_FIELD = "There is no such field."
ID_IS_GIVEN = "The app gives the id; it cannot be set or changed."
TEXT = "This must be text."
BROKEN_TEXT = "This contains a broken character."
ONE_LINE = "This must be one line."
NUMBER = "This must be a number."
INTEGER = "This must be a whole number."
MONEY = "This must be an amount with at most two decimals."
DATE = "This must be a date in the calendar, such as 2030-01-31."
DATE_TIME = "This must be a date and time, such as 2030-01-31T09:30."
TIME = "This must be a time of day, such as 09:30."
BOOLEAN = "This must be true or false."
EMAIL = "This must be an e-mail address, such as name@example.com."
URL = "This must be a web address that starts with http:// or https://."
RELATION = "This must be the id of a record."
COUNT = "must be a whole number, 0 or more."
NO_ROUTE = "There is nothing at this address."
FOREIGN_ORIGIN = "Changes from the pages of another site are refused."
BAD_JSON = "The body is not valid JSON."
BAD_BODY = "The body does not end as its headers say."
NOT_AN_OBJECT = "The body must be a JSON object."
BODY_TOO_LARGE = "The body is larger than 1 MiB."
INTERNAL = "The server failed to answer; its log says why."


def too_long(limit):
    return f"This must be at most {limit} characters long."


def enumeration(values):
    return f'This must be one of: {", ".join(values)}.'


def no_record(label, id):
    return f"{label}: there is no record with the id {id}."


def in_use(users):
    return f"It cannot be deleted while others refer to it: {users}."


def sort(name):
    return f'there is no field "{name}" to sort by.'


def method_not_allowed(method):
    return f"{method} is not possible at this address."
