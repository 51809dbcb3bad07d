// The kinds of fields. Each makes a field of an entity; its `check` returns the value to keep,
// or throws a ValueError with a message for the person who typed it.

import { messages } from "./messages.mjs";

export class ValueError extends Error {}

const TEXT_LIMIT = 1000;
const LONG_TEXT_LIMIT = 100_000;
const EMAIL_LIMIT = 254;
const URL_LIMIT = 2000;
// Beyond it, hundredths can no longer be told apart in a JSON number.
const MONEY_LIMIT = 1e13;

export function text(label, options) {
  return { type: "text", label, ...options, check: (value) => checkLine(value, TEXT_LIMIT) };
}

export function longText(label, options) {
  return { type: "long_text", label, ...options, check: (value) => checkText(value, LONG_TEXT_LIMIT) };
}

export function number(label, options) {
  return { type: "number", label, ...options, check: checkNumber };
}

export function integer(label, options) {
  return {
    type: "integer",
    label,
    ...options,
    check: (value) => accept(value, Number.isSafeInteger(value), messages.integer),
  };
}

export function money(label, options) {
  return {
    type: "money",
    label,
    ...options,
    check(value) {
      checkNumber(value);
      const hasTwoDecimals = Math.abs(value) < MONEY_LIMIT && Math.round(value * 100) / 100 === value;
      return accept(value, hasTwoDecimals, messages.money);
    },
  };
}

export function date(label, options) {
  return {
    type: "date",
    label,
    ...options,
    check: (value) => accept(value, isDate(value), messages.date),
  };
}

export function dateTime(label, options) {
  return {
    type: "date_time",
    label,
    ...options,
    check: (value) => accept(value, isDateTime(value), messages.dateTime),
  };
}

export function time(label, options) {
  return {
    type: "time",
    label,
    ...options,
    check: (value) => accept(value, isTime(value), messages.time),
  };
}

/** A field that is false when it isn't given. */
export function boolean(label) {
  return {
    type: "boolean",
    label,
    empty: false,
    check: (value) => accept(value, typeof value === "boolean", messages.boolean),
  };
}

export function email(label, options) {
  const pattern = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/;
  return {
    type: "email",
    label,
    ...options,
    check: (value) => accept(checkLine(value, EMAIL_LIMIT), pattern.test(value), messages.email),
  };
}

export function url(label, options) {
  return {
    type: "url",
    label,
    ...options,
    check: (value) => accept(checkLine(value, URL_LIMIT), isUrl(value), messages.url),
  };
}

export function enumeration(label, values, options) {
  return {
    type: "enumeration",
    label,
    values,
    ...options,
    check: (value) => accept(value, values.includes(value), messages.enumeration(values)),
  };
}

/** The id of a record of the entity named `target`. Whether it exists is checked where the store is at hand. */
export function relation(label, target, options) {
  return {
    type: "relation",
    label,
    target,
    ...options,
    check: (value) => accept(value, Number.isSafeInteger(value), messages.relation),
  };
}

function accept(value, isRight, message) {
  if (!isRight) throw new ValueError(message);
  return value;
}

function checkText(value, limit) {
  accept(value, typeof value === "string", messages.text);
  accept(value, !/\p{Surrogate}/u.test(value), messages.brokenText);
  return accept(value, [...value].length <= limit, messages.tooLong(limit));
}

function checkLine(value, limit) {
  return accept(checkText(value, limit), !/[\n\v\f\r\u0085\u2028\u2029]/.test(value), messages.oneLine);
}

function checkNumber(value) {
  return accept(value, typeof value === "number" && Number.isFinite(value), messages.number);
}

function isDate(value) {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value);
  if (typeof value !== "string" || !match) return false;
  const [year, month, day] = match.slice(1).map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

function isDateTime(value) {
  const time = /^T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?$/;
  return typeof value === "string" && isDate(value.slice(0, 10)) && time.test(value.slice(10));
}

function isTime(value) {
  return typeof value === "string" && /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(value);
}

function isUrl(value) {
  if (!/^https?:\/\/[^\s/?#]\S*$/i.test(value)) return false;
  try {
    return new URL(value).hostname !== "";
  } catch {
    return false;
  }
}
