// The records of one kind: search, filters, a table that becomes cards on a phone, and pages.

import { deleteRecord, listRecords, nameRecords, nameRelated } from "./api.js";
import { confirmDelete } from "./confirm.js";
import { announce, element, uniqueId } from "./dom.js";
import { showValue } from "./controls.js";
import { texts } from "./texts.js";

const PAGE_SIZE = 20;
const SEARCHED = ["text", "long_text", "email", "url", "enumeration", "relation"];

export class ListView {
  constructor(entity) {
    this.entity = entity;
    this.parameters = new URLSearchParams();
    this.count = element("span", { class: "count" });
    this.results = element("div", { class: "results" });
    this.tools = this.#makeTools();
    this.node = element("section", {},
      element("div", { class: "heading" },
        element("h1", {}, entity.label_plural, this.count),
        element("a", { class: "button primary", href: this.address("new") }, texts.add(entity.label))),
      this.tools,
      this.results);
    this.addLink = this.node.querySelector(".heading a");
  }

  /** The address of this list as it is searched, sorted and paged, or of a form on top of it. */
  address(form) {
    const query = this.parameters.toString();
    return `#/${this.entity.slug}${form ? `/${form}` : ""}${query && `?${query}`}`;
  }

  async show(parameters) {
    // A form that opens or closes on top of the list leaves it, and the focus in it, alone.
    if (this.results.hasChildNodes() && parameters.toString() === this.parameters.toString()) return;
    this.parameters = parameters;
    this.addLink.href = this.address("new");
    for (const control of this.tools.elements) {
      if (control !== document.activeElement) control.value = parameters.get(control.dataset.parameter) ?? "";
    }
    await this.reload();
  }

  async reload() {
    const page = this.#page();
    const query = new URLSearchParams(this.parameters);
    query.delete("page");
    query.set("limit", PAGE_SIZE);
    query.set("offset", (page - 1) * PAGE_SIZE);
    const request = (this.request = {});
    this.results.setAttribute("aria-busy", "true");
    if (!this.results.hasChildNodes()) this.results.append(element("p", { class: "notice" }, texts.loading));
    try {
      const { records, total } = await listRecords(this.entity, query);
      const related = await nameRelated(this.entity.fields, records);
      // A later request may have been answered first.
      if (request !== this.request) return;
      this.#render(records, total, related);
    } catch (error) {
      if (request === this.request) this.#renderError(error);
    }
    this.results.removeAttribute("aria-busy");
  }

  /** Puts the focus where someone goes on after a form: on their record, or on the button for the next. */
  focus(id) {
    (this.results.querySelector(`[data-id="${id}"] a`) ?? this.addLink).focus();
  }

  #page() {
    return Math.max(1, Number.parseInt(this.parameters.get("page"), 10) || 1);
  }

  #go(changes) {
    const parameters = new URLSearchParams(this.parameters);
    for (const [name, value] of Object.entries({ page: "", ...changes })) {
      if (value === "") parameters.delete(name);
      else parameters.set(name, value);
    }
    this.parameters = parameters;
    // Typing must not fill the browser's history with every letter.
    history.replaceState(null, "", this.address());
    this.addLink.href = this.address("new");
    return this.reload();
  }

  #makeTools() {
    const { entity } = this;
    const tools = element("form", { class: "tools", role: "search", onsubmit: (event) => event.preventDefault() });
    if (entity.fields.some((field) => SEARCHED.includes(field.type))) {
      let timer;
      const oninput = ({ target }) => {
        clearTimeout(timer);
        timer = setTimeout(() => this.#go({ q: target.value.trim() }), 200);
      };
      const attributes = { type: "search", "data-parameter": "q", class: "search", placeholder: texts.search, "aria-label": texts.search };
      tools.append(element("input", { ...attributes, autocomplete: "off", oninput }));
    }
    for (const field of entity.fields.filter(({ type }) => type === "enumeration" || type === "boolean")) {
      const values = field.values?.map((value) => [value, value]) ?? [["true", texts.yes], ["false", texts.no]];
      tools.append(this.#select(field.name, field.label, [["", `${field.label}: ${texts.all}`], ...values]));
    }
    const orders = entity.fields.flatMap(({ name, label }) => [[name, `${label} ↑`], [`-${name}`, `${label} ↓`]]);
    const sort = this.#select("sort", texts.sort, [["", texts.sort], ...orders]);
    sort.classList.add("narrow-only");
    tools.append(sort);
    return tools;
  }

  #select(name, label, options) {
    const nodes = options.map(([value, text]) => element("option", { value }, text));
    const onchange = ({ target }) => this.#go({ [name]: target.value });
    return element("select", { "data-parameter": name, "aria-label": label, onchange }, nodes);
  }

  #render(records, total, related) {
    this.count.textContent = total;
    if (total === 0) this.results.replaceChildren(this.#emptyState());
    else this.results.replaceChildren(this.#table(records, related), this.#pages(total));
  }

  #renderError(error) {
    const retry = element("button", { type: "button", class: "button", onclick: () => this.reload() }, texts.retry);
    this.results.replaceChildren(element("div", { class: "notice", role: "alert" }, element("p", {}, error.message), retry));
  }

  #emptyState() {
    const narrowed = [...this.parameters.keys()].some((name) => name !== "sort" && name !== "page");
    if (narrowed) {
      const reset = element("a", { class: "button", href: `#/${this.entity.slug}` }, texts.showAll);
      return element("div", { class: "notice" }, element("p", {}, texts.nothingFound), reset);
    }
    const add = element("a", { class: "button primary", href: this.address("new") }, texts.add(this.entity.label));
    return element("div", { class: "notice" }, element("p", {}, texts.empty(this.entity.label_plural)), add);
  }

  #table(records, related) {
    const { fields } = this.entity;
    const headings = fields.map((field) => this.#heading(field));
    const rows = records.map((record) => element("tr", { "data-id": record.id },
      fields.map((field, index) => this.#cell(field, record, related, index === 0)),
      element("td", { class: "actions" }, this.#actions(record))));
    const actions = element("th", { scope: "col" }, element("span", { class: "visually-hidden" }, texts.actions));
    return element("div", { class: "table", role: "region", "aria-label": this.entity.label_plural, tabindex: "0" },
      element("table", {}, element("thead", {}, element("tr", {}, headings, actions)), element("tbody", {}, rows)));
  }

  #heading({ name, label, type }) {
    const sort = this.parameters.get("sort");
    const order = sort === name ? "ascending" : sort === `-${name}` ? "descending" : undefined;
    const onclick = async () => {
      await this.#go({ sort: order === "ascending" ? `-${name}` : name });
      this.results.querySelector(`th[data-name="${name}"] button`)?.focus();
    };
    return element("th", { scope: "col", class: type, "data-name": name, "aria-sort": order },
      element("button", { type: "button", onclick }, label));
  }

  #cell(field, record, related, isFirst) {
    const value = record[field.name];
    const content = field.target ? (related.get(field.name)?.get(value) ?? "—") : showValue(field, value);
    const shown = isFirst
      ? element("a", { class: "row-link", href: this.address(record.id) }, content.textContent ?? content)
      : content;
    return element("td", { class: field.type, "data-label": field.label }, shown);
  }

  #actions(record) {
    const edit = element("a", { class: "button small", href: this.address(record.id) }, texts.edit);
    const remove = element("button", { type: "button", class: "button small", onclick: () => this.#remove(record) }, texts.delete);
    return [edit, remove];
  }

  async #remove(record) {
    const name = (await nameRecords(this.entity, [record])).get(record.id);
    if (await confirmDelete(name, () => deleteRecord(this.entity, record.id))) {
      announce(texts.deleted);
      await this.reload();
      this.focus();
    }
  }

  #pages(total) {
    const last = Math.ceil(total / PAGE_SIZE);
    const page = this.#page();
    if (last <= 1 && page === 1) return "";
    const button = (text, target, isPossible) => {
      const id = uniqueId("page");
      const onclick = async () => {
        await this.#go({ page: target === 1 ? "" : target });
        this.results.querySelector(".table")?.focus();
      };
      return element("button", { id, type: "button", class: "button small", disabled: !isPossible, onclick }, text);
    };
    return element("nav", { class: "pages", "aria-label": texts.pages },
      button(texts.previous, page - 1, page > 1),
      element("span", {}, texts.page(page, last)),
      button(texts.next, page + 1, page < last));
  }
}
