// What moves on the page? Times in local form, the message list, the theme, the connection.
import { startChart } from "./chart.js";

const MESSAGES_SHOWN = 150;
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function ago(seconds) {
  if (seconds < 5) return "just now";
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  return null;
}

function showTime(element) {
  const when = new Date(element.dateTime);
  if (Number.isNaN(when.getTime())) return;
  const today = when.toDateString() === new Date().toDateString();
  const text = today || "short" in element.dataset ? clock.format(when) : day.format(when);
  const past = "ago" in element.dataset ? ago((Date.now() - when) / 1000) : null;
  element.textContent = past ?? text;
  element.title = when.toLocaleString();
}

const showTimes = (root) => root.querySelectorAll("time[datetime]").forEach(showTime);

function filterMessages(list, text, hideBeats) {
  const wanted = text.trim().toLowerCase();
  for (const item of list.children) {
    const line = item.textContent.toLowerCase();
    const beat = item.querySelector(".action").textContent.startsWith("Heartbeat");
    item.hidden = (hideBeats && beat) || (wanted !== "" && !line.includes(wanted));
  }
}

function startMessages(list) {
  const filter = document.getElementById("filter");
  const beats = document.getElementById("hide-beats");
  const apply = () => filterMessages(list, filter.value, beats.checked);
  filter.addEventListener("input", apply);
  beats.addEventListener("change", apply);
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) if (node.classList) node.classList.add("fresh");
    }
    while (list.childElementCount > MESSAGES_SHOWN) list.lastElementChild.remove();
    apply();
  }).observe(list, { childList: true });
}

function startTheme(button) {
  button.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = getComputedStyle(root).colorScheme === "dark" ||
      (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch { /* storage is forbidden: the choice lasts for this page */ }
    document.dispatchEvent(new Event("theme"));
  });
}

const lost = document.getElementById("lost");
document.body.addEventListener("htmx:sseError", () => { lost.hidden = false; });
document.body.addEventListener("htmx:sseOpen", () => { lost.hidden = true; });
document.body.addEventListener("htmx:load", (event) => showTimes(event.target.parentElement ?? event.target));
showTimes(document);
setInterval(() => document.querySelectorAll("time[data-ago]").forEach(showTime), 5000);
startTheme(document.getElementById("theme"));
const messages = document.getElementById("messages");
if (messages) startMessages(messages);
const chart = document.getElementById("chart");
if (chart) startChart(chart, document.getElementById("chart-title"));
