// Who the page acts as. Both the choice and a pasted token live in this tab's session and nowhere else.
import { config } from "./config.js";

export const NOBODY = "nobody";
export const OWN = "own";
const KEYS = { who: "oms.who", token: "oms.token" };
const FIRST_CHOICE = "Editor"; // so that every example of a change works at once in development

const listeners = new Set();

export const roles = Object.keys(config.tokens);

export function who() {
  const stored = sessionStorage.getItem(KEYS.who);
  const known = stored === NOBODY || stored === OWN || roles.includes(stored);
  if (known) return stored;
  if (roles.includes(FIRST_CHOICE)) return FIRST_CHOICE;
  return roles[0] ?? OWN;
}

export function pasted() {
  return sessionStorage.getItem(KEYS.token) ?? "";
}

export function token() {
  const chosen = who();
  if (chosen === OWN) return pasted();
  return config.tokens[chosen] ?? "";
}

export function authorization() {
  const value = token();
  return value ? { authorization: `Bearer ${value}` } : {};
}

/** When the token ends, as its own claim says; null where it does not say or is none. */
export function expiry() {
  try {
    const claims = token().split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const { exp } = JSON.parse(atob(claims));
    return Number.isFinite(exp) ? new Date(exp * 1000) : null;
  } catch {
    return null;
  }
}

export function choose(chosen) {
  sessionStorage.setItem(KEYS.who, chosen);
  tell();
}

export function paste(text) {
  const value = text.trim().replace(/^bearer\s+/i, "");
  if (value) sessionStorage.setItem(KEYS.token, value);
  else sessionStorage.removeItem(KEYS.token);
  sessionStorage.setItem(KEYS.who, OWN);
  tell();
}

export function onChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell() {
  for (const listener of listeners) listener();
}
