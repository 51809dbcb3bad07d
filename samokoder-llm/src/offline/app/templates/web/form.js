// Creates and edits a record in a dialog.

import { deleteRecord, getRecord, nameRecords, saveRecord } from "./api.js";
import { confirmDelete } from "./confirm.js";
import { makeControl } from "./controls.js";
import { announce, element, uniqueId } from "./dom.js";
import { texts } from "./texts.js";

/** Opens the form for the record with `id`, or for a new one. */
export function openForm({ entity, id, onClose, onChange }) {
  const title = element("h2", { id: uniqueId("title") }, id === undefined ? texts.newTitle(entity.label) : texts.editTitle(entity.label));
  const body = element("div", {}, element("p", {}, texts.loading));
  const dialog = element("dialog", { class: "dialog", "aria-labelledby": title.id }, title, body);
  let isOpen = true;

  function close() {
    if (!isOpen) return;
    isOpen = false;
    dialog.close();
    dialog.remove();
  }

  function leave() {
    close();
    onClose();
  }

  async function finish(message, changedId) {
    leave();
    announce(message);
    await onChange(changedId);
  }

  async function fill() {
    try {
      const record = id === undefined ? {} : await getRecord(entity, id);
      const form = new RecordForm(entity, record, { leave, finish });
      await form.ready;
      body.replaceChildren(form.node);
      form.focus();
    } catch (error) {
      body.replaceChildren(
        element("p", { class: "form-error", role: "alert" }, error.message),
        element("div", { class: "buttons" }, element("button", { type: "button", class: "button", onclick: leave }, texts.close)));
    }
  }

  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    leave();
  });
  document.body.append(dialog);
  dialog.showModal();
  fill();
  return { close };
}

class RecordForm {
  constructor(entity, record, { leave, finish }) {
    this.entity = entity;
    this.record = record;
    this.finish = finish;
    this.rows = entity.fields.map((field) => new FieldRow(field, record[field.name]));
    this.ready = Promise.all(this.rows.map((row) => row.control.ready));
    this.error = element("p", { class: "form-error", role: "alert", hidden: true });
    this.saveButton = element("button", { type: "submit", class: "button primary" }, texts.save);
    const remove = element("button", { type: "button", class: "button danger", onclick: () => this.#delete() }, texts.delete);
    this.node = element("form", { novalidate: true, onsubmit: (event) => this.#submit(event) },
      this.error,
      this.rows.map((row) => row.node),
      element("div", { class: "buttons" },
        record.id === undefined ? "" : remove,
        element("button", { type: "button", class: "button", onclick: leave }, texts.cancel),
        this.saveButton));
  }

  focus() {
    this.rows[0]?.control.input.focus();
  }

  async #submit(event) {
    event.preventDefault();
    // What the browser could not read as a number or a date would arrive as empty.
    const unreadable = this.rows.filter(({ control }) => control.input.validity.badInput);
    if (unreadable.length > 0) {
      this.#showProblems(texts.invalid, Object.fromEntries(unreadable.map(({ field }) => [field.name, texts.unreadable])));
      return;
    }
    this.saveButton.disabled = true;
    try {
      const values = Object.fromEntries(this.rows.map(({ field, control }) => [field.name, control.read()]));
      const saved = await saveRecord(this.entity, this.record.id, values);
      await this.finish(texts.saved, saved.id);
    } catch (error) {
      this.#showProblems(error.message, error.fields ?? {});
    } finally {
      this.saveButton.disabled = false;
    }
  }

  #showProblems(message, fields) {
    this.error.textContent = message;
    this.error.hidden = false;
    for (const row of this.rows) row.showProblem(fields[row.field.name]);
    const first = this.rows.find((row) => fields[row.field.name]);
    (first?.control.input ?? this.saveButton).focus();
  }

  async #delete() {
    const name = (await nameRecords(this.entity, [this.record])).get(this.record.id);
    if (await confirmDelete(name, () => deleteRecord(this.entity, this.record.id))) await this.finish(texts.deleted);
  }
}

/** A field with its label, its control and the message about what is wrong. */
class FieldRow {
  constructor(field, value) {
    this.field = field;
    const id = uniqueId(field.name);
    this.problem = element("p", { id: `${id}-problem`, class: "problem", hidden: true });
    this.control = makeControl(field, value, { id, name: field.name, required: field.required, "aria-describedby": this.problem.id });
    const mark = field.required ? element("span", { class: "required", "aria-hidden": "true", title: texts.required }, " *") : "";
    const label = element("label", { for: id }, field.label, mark);
    const isCheckbox = field.type === "boolean";
    this.node = element("div", { class: isCheckbox ? "field checkbox" : "field" },
      isCheckbox ? [this.control.nodes, label] : [label, this.control.nodes], this.problem);
  }

  showProblem(message) {
    this.problem.textContent = message ?? "";
    this.problem.hidden = !message;
    this.control.input.setAttribute("aria-invalid", String(Boolean(message)));
  }
}
