// Moving from card to card, keys, light and dark; and the beginning of it all.

// ---- moving ------------------------------------------------------------------------------------

function choose(item) {
  chosen.link.tabIndex = -1;
  chosen = item;
  chosen.link.tabIndex = 0;
}

function focusOn(item) {
  choose(item);
  item.link.focus({ preventScroll: true });
  item.card.scrollIntoView({ block: "nearest" });
}

// The next row's card below or above, across layers: the nearest one that is not beside this.
function vertically(direction) {
  const from = chosen.card.getBoundingClientRect();
  const at = shown.indexOf(chosen);
  const ahead = direction > 0 ? shown.slice(at + 1) : shown.slice(0, at).reverse();
  let row = null;
  let nearest = null;
  let least = Infinity;
  for (const item of ahead) {
    const { top, left } = item.card.getBoundingClientRect();
    if (direction * (top - from.top) < 1) continue; // still in the same row
    row ??= top;
    if (Math.abs(top - row) > 1) break;
    const distance = Math.abs(left - from.left);
    if (distance < least) [nearest, least] = [item, distance];
  }
  return nearest;
}

function beside(step) {
  return shown[shown.indexOf(chosen) + step];
}

function page(direction) {
  for (let row = 0; row < 4; row += 1) choose(vertically(direction) ?? chosen);
  return chosen;
}

const MOVES = {
  ArrowLeft: () => beside(-1), h: () => beside(-1), ArrowRight: () => beside(1), l: () => beside(1),
  ArrowUp: () => vertically(-1), k: () => vertically(-1), ArrowDown: () => vertically(1), j: () => vertically(1),
  Home: () => shown[0], g: () => shown[0], End: () => shown.at(-1), G: () => shown.at(-1),
  PageUp: () => page(-1), PageDown: () => page(1),
};
const ACTIONS = {
  "/": () => filter.select(),
  "?": () => openDialog(keys),
  i: () => next(part("show")),
  S: () => next(part("sort")),
  T: () => otherTheme(),
};

function next(select) {
  select.value = (Number(select.value) + 1) % select.options.length;
  select.dispatchEvent(new Event("change"));
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
  if (event.target === filter) {
    if (event.key === "Enter" && shown.length) focusOn(shown[0]);
    else if (event.key === "Escape") filter.value ? clear() : chosen.link.focus();
    else return;
  } else if (zoom.open) {
    const step = { ArrowLeft: -1, h: -1, k: -1, ArrowRight: 1, l: 1, j: 1 }[event.key];
    if (!step) return;
    go(step);
  } else if (event.target.matches("select, button")) {
    if (!(event.key in ACTIONS)) return;
    ACTIONS[event.key]();
  } else if (event.key in MOVES) {
    const item = MOVES[event.key]();
    if (item) focusOn(item);
  } else if (event.key in ACTIONS) {
    ACTIONS[event.key]();
  } else return;
  event.preventDefault();
}

function clear() {
  filter.value = "";
  sift();
}

// ---- light and dark ----------------------------------------------------------------------------

const THEME = "convscope-theme";

function otherTheme() {
  const usual = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = (root.dataset.theme ?? usual) === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(THEME, root.dataset.theme);
  } catch {} // some browsers keep nothing for files
}

try {
  const kept = localStorage.getItem(THEME);
  if (kept === "light" || kept === "dark") root.dataset.theme = kept;
} catch {}

// ---- begin -------------------------------------------------------------------------------------

part("show").append(...views.map((view, at) => make("option", { value: at }, view.name)));
part("show-choice").hidden = views.length === 1;
part("sort").append(...orders.map((order, at) => make("option", { value: at }, order.name)));
part("show").addEventListener("change", (event) => show(views[event.target.value]));
part("sort").addEventListener("change", sort);
filter.addEventListener("input", sift);
part("theme").addEventListener("click", otherTheme);
part("help").addEventListener("click", () => openDialog(keys));
document.addEventListener("keydown", onKey);
document.addEventListener("focusin", (event) => {
  const card = event.target.closest?.(".card");
  if (card) choose(itemOf.get(card.id));
});
for (const item of items) item.link.tabIndex = -1;
choose(chosen);
root.classList.add("js");
sift();
addEventListener("hashchange", follow);
follow();
