// Shows the view that the address asks for: "#/" all kinds of records, "#/books" one kind,
// "#/books/new" and "#/books/3" a form on top of the list.

import { listRecords, loadDescription } from "./api.js";
import { element } from "./dom.js";
import { openForm } from "./form.js";
import { ListView } from "./list.js";
import { texts } from "./texts.js";

const main = document.getElementById("main");
let app;
let view;
let form;

async function start() {
  try {
    app = await loadDescription();
  } catch (error) {
    showError(error, start);
    return;
  }
  window.addEventListener("hashchange", () => show());
  await show({ isFirst: true });
}

async function show({ isFirst = false } = {}) {
  if (!isFirst && !location.hash.startsWith("#/")) return;
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [slug, id] = path.split("/");
  const entity = app.entities.find((candidate) => candidate.slug === slug);
  form?.close();
  markCurrent(entity);
  if (!entity) {
    view = undefined;
    await showOverview();
  } else {
    await showList(entity, new URLSearchParams(query));
    if (id) form = openForm({ entity, id: id === "new" ? undefined : id, onClose: closeForm, onChange: refresh });
  }
  if (!isFirst && !id && !main.contains(document.activeElement)) main.focus();
}

async function showList(entity, parameters) {
  document.title = `${entity.label_plural} – ${app.name}`;
  if (view?.entity !== entity) {
    view = new ListView(entity);
    main.replaceChildren(view.node);
  }
  await view.show(parameters);
}

async function showOverview() {
  document.title = app.name;
  const cards = app.entities.map((entity) => {
    const count = element("span", { class: "card-count" }, "…");
    listRecords(entity, { limit: 0 })
      .then(({ total }) => { count.textContent = String(total); })
      .catch(() => { count.textContent = "?"; });
    return element("li", {}, element("a", { class: "card", href: `#/${entity.slug}` },
      element("span", { class: "card-label" }, entity.label_plural), count));
  });
  main.replaceChildren(
    element("h1", {}, app.name),
    element("p", { class: "lead" }, app.description === app.name ? "" : app.description),
    element("ul", { class: "cards" }, cards),
  );
}

function closeForm() {
  form = undefined;
  if (view) location.hash = view.address();
}

async function refresh(id) {
  await view.reload();
  view.focus(id);
}

function markCurrent(entity) {
  for (const link of document.querySelectorAll("nav a")) {
    const isCurrent = entity && link.getAttribute("href") === `#/${entity.slug}`;
    if (isCurrent) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else {
      link.removeAttribute("aria-current");
    }
  }
}

function showError(error, retry) {
  main.replaceChildren(element("div", { class: "notice", role: "alert" },
    element("p", {}, error.message),
    element("button", { type: "button", class: "button", onclick: retry }, texts.retry)));
}

start();
