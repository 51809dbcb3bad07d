// Shows the value of each kind of field, and makes the input for it.

import { listRecords, nameRecords } from "./api.js";
import { element } from "./dom.js";
import { texts } from "./texts.js";

const language = document.documentElement.lang;
const plainNumber = new Intl.NumberFormat(language, { useGrouping: false, maximumFractionDigits: 20 });
const amount = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const HAS_ZONE = /(Z|[+-]\d\d:\d\d)$/;

/** The value of a field as people read it. */
export function showValue({ type }, value) {
  if (value === null || value === undefined) return "—";
  switch (type) {
    case "number":
    case "integer":
      return plainNumber.format(value);
    case "money":
      return amount.format(value);
    case "date":
      return formatTime(`${value}T00:00Z`, { dateStyle: "medium", timeZone: "UTC" });
    case "date_time":
      return HAS_ZONE.test(value)
        ? formatTime(value, { dateStyle: "medium", timeStyle: "short" })
        : formatTime(`${value}Z`, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
    case "boolean":
      return element("span", { class: value ? "tag yes" : "tag no" }, value ? texts.yes : texts.no);
    case "enumeration":
      return element("span", { class: "tag" }, value);
    case "email":
      return element("a", { href: `mailto:${encodeURIComponent(value)}` }, value);
    case "url":
      return /^https?:/i.test(value) ? element("a", { href: value, target: "_blank", rel: "noopener noreferrer" }, value) : value;
    default:
      return value;
  }
}

function formatTime(text, options) {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : new Intl.DateTimeFormat(language, options).format(time);
}

const INPUTS = {
  text: { type: "text", maxlength: 1000 },
  number: { type: "number", step: "any" },
  integer: { type: "number", step: 1, inputmode: "numeric" },
  money: { type: "number", step: 0.01, inputmode: "decimal" },
  date: { type: "date" },
  date_time: { type: "datetime-local", step: "any" },
  time: { type: "time", step: "any" },
  email: { type: "email" },
  url: { type: "url", placeholder: "https://" },
};

/** The control for a field: its `nodes`, the `input` among them, and `read`, which gives the value. */
export function makeControl(field, value, attributes) {
  switch (field.type) {
    case "boolean":
      return makeCheckbox(value, attributes);
    case "enumeration":
      return makeSelect(field, value, attributes);
    case "relation":
      return makePicker(field, value, attributes);
    case "long_text": {
      const input = element("textarea", { rows: 5, ...attributes });
      return withText(input, value, () => input.value);
    }
    default:
      return makeInput(field, value, attributes);
  }
}

function withText(input, value, read) {
  input.value = value ?? "";
  return { input, nodes: [input], read };
}

function makeInput(field, value, attributes) {
  // A date-time input has no place for the zone that another client may have given.
  const isZoned = field.type === "date_time" && HAS_ZONE.test(value ?? "");
  const input = element("input", { autocomplete: "off", ...(isZoned ? INPUTS.text : INPUTS[field.type]), ...attributes });
  const isNumber = ["number", "integer", "money"].includes(field.type);
  return withText(input, value, () => {
    const text = input.value.trim();
    return isNumber && text !== "" ? Number(text) : text;
  });
}

function makeCheckbox(value, attributes) {
  const input = element("input", { type: "checkbox", ...attributes });
  input.checked = value === true;
  return { input, nodes: [input], read: () => input.checked };
}

function makeSelect(field, value, attributes) {
  const options = field.values.map((text) => element("option", { value: text }, text));
  const input = element("select", attributes, element("option", { value: "" }, texts.choose), options);
  return withText(input, value, () => input.value);
}

const MAX_OPTIONS = 100;

/** A choice among the records of another kind, with a search field when they are many. */
function makePicker({ target }, value, attributes) {
  const input = element("select", attributes);
  const search = element("input", {
    type: "search", hidden: true, class: "picker-search", placeholder: texts.search, autocomplete: "off",
    "aria-label": `${texts.search}: ${target.label_plural}`, oninput: () => fill(search.value.trim()),
  });
  const hint = element("p", { class: "hint", hidden: true }, texts.noneToChoose(target.label_plural),
    " ", element("a", { href: `#/${target.slug}/new` }, texts.add(target.label)));
  const control = { input, nodes: [search, input, hint], read: () => (input.value === "" ? null : Number(input.value)) };
  let newest;

  async function fill(q) {
    const chosen = input.options.length > 0 ? control.read() : value;
    const request = (newest = {});
    const { records, total } = await listRecords(target, { q, limit: MAX_OPTIONS });
    if (chosen && !records.some(({ id }) => id === chosen)) {
      records.unshift(...(await listRecords(target, { id: chosen })).records);
    }
    const names = await nameRecords(target, records);
    if (request !== newest) return;
    const options = [...names].sort(([, a], [, b]) => a.localeCompare(b, language));
    input.replaceChildren(element("option", { value: "" }, texts.choose),
      ...options.map(([id, name]) => element("option", { value: id }, name)));
    input.value = chosen ?? "";
    if (total > MAX_OPTIONS) search.hidden = false;
    hint.hidden = q !== "" || total > 0;
  }

  control.ready = fill("");
  return control;
}
