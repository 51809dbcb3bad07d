// Asks before a record is deleted.

import { element, uniqueId } from "./dom.js";
import { texts } from "./texts.js";

/** Asks, runs `remove` on yes, and tells whether it happened. A refusal by the server is shown in the dialog. */
export function confirmDelete(name, remove) {
  return new Promise((resolve) => {
    const question = element("p", { id: uniqueId("question") }, texts.confirmDelete(name));
    const problem = element("p", { class: "form-error", role: "alert", hidden: true });
    const cancelButton = element("button", { type: "button", class: "button", autofocus: true, onclick: () => finish(false) }, texts.cancel);
    const deleteButton = element("button", { type: "button", class: "button danger", onclick: confirm }, texts.delete);
    const dialog = element("dialog", { class: "dialog question", role: "alertdialog", "aria-labelledby": question.id },
      question, problem, element("div", { class: "buttons" }, cancelButton, deleteButton));

    async function confirm() {
      deleteButton.disabled = true;
      try {
        await remove();
        finish(true);
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
        // Only a refusal stays one; anything else may work the next time.
        deleteButton.disabled = error.status === 409;
        cancelButton.focus();
      }
    }

    function finish(isDeleted) {
      dialog.close();
      dialog.remove();
      resolve(isDeleted);
    }

    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      finish(false);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
