// The bar above both pages: where you are, and who you act as.
import * as session from "./session.js";

const PAGES = [
  { name: "GraphQL", path: "/graphql" },
  { name: "REST", path: "/docs" },
];
const A_MINUTE = 60_000;

export function mountBar() {
  const bar = document.getElementById("bar");
  bar.append(brand(), pages(), actor());
}

function brand() {
  const title = element("strong", { className: "bar-brand" });
  title.append("OMS", element("span", { textContent: "Ontology Metadata Service" }));
  return title;
}

function pages() {
  const nav = element("nav", { className: "bar-pages", ariaLabel: "Pages" });
  for (const { name, path } of PAGES) {
    const link = element("a", { href: path, textContent: name });
    if (location.pathname.replace(/\/$/, "") === path) link.setAttribute("aria-current", "page");
    nav.append(link);
  }
  return nav;
}

function actor() {
  const form = element("form", { className: "bar-actor", autocomplete: "off" });
  form.addEventListener("submit", (event) => event.preventDefault());
  const choice = roleChoice();
  const box = tokenBox();
  const note = element("output", { className: "bar-note" });
  const show = () => {
    choice.value = session.who();
    box.hidden = session.who() !== session.OWN;
    note.textContent = remark();
  };
  session.onChange(show);
  setInterval(show, A_MINUTE); // a token may end while the page is open
  show();
  form.append(labelled("Act as", choice), box, note);
  return form;
}

function roleChoice() {
  const choice = element("select", { id: "role" });
  for (const role of session.roles) choice.append(new Option(role, role));
  choice.append(new Option("My own token", session.OWN), new Option("Nobody", session.NOBODY));
  choice.addEventListener("change", () => session.choose(choice.value));
  return choice;
}

function tokenBox() {
  const box = element("input", { id: "token", type: "password", placeholder: "Paste a bearer token", spellcheck: false });
  box.setAttribute("aria-label", "Bearer token");
  box.autocomplete = "off";
  box.value = session.pasted();
  box.addEventListener("change", () => session.paste(box.value));
  return box;
}

function remark() {
  if (session.who() === session.NOBODY) return "No token is sent";
  if (!session.token()) return "No token yet";
  const end = session.expiry();
  if (!end) return "";
  if (end <= new Date()) return session.who() === session.OWN ? "Expired" : "Expired: reload the page";
  const day = end.toDateString() === new Date().toDateString() ? {} : { weekday: "short" };
  return `Valid until ${end.toLocaleString([], { ...day, hour: "2-digit", minute: "2-digit" })}`;
}

function labelled(text, control) {
  const label = element("label", { textContent: text });
  label.append(control);
  return label;
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}
