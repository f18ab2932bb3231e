// Everything shown comes from the page itself. Names of classes, photos and layers are somebody
// else's words: they become text, never markup.

// Cards and sections have the names of layers as their ids; all others begin with a word of ours.
const part = (name) => document.getElementById(`page-${name}`);
const data = JSON.parse(part("data").textContent);
const root = document.documentElement;
const [zoom, keys, filter, count] = ["zoom", "keys", "filter", "count"].map(part);
const sections = document.querySelectorAll("main > section");

const items = data.layers.flatMap((layer) =>
  layer.channels.map((channel) => ({ layer, channel, id: `${layer.name}:${channel.number}` })),
);
for (const [at, item] of items.entries()) {
  item.at = at;
  item.card = document.getElementById(item.id);
  item.link = item.card.querySelector("a");
  item.thumb = item.link.querySelector(".thumb");
  item.drawn = item.thumb.firstChild;
  item.caption = item.link.querySelector(".caption");
  item.outcome = item.made = item.caption.querySelector("span");
}
const itemOf = new Map(items.map((item) => [item.id, item]));
let shown = items; // those that the filter leaves, in their order
let chosen = items[0]; // the one that tab comes to, or that is looked at closely

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const number = (value) =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
const counted = (many, thing) => `${many.toLocaleString("en")} ${thing}${many === 1 ? "" : "s"}`;
const times = (ratio) => (ratio >= 10 ? `${Math.round(ratio)}×` : `${ratio.toFixed(1)}×`);
const webp = (base64) => `data:image/webp;base64,${base64}`;

// ---- what tiles show ---------------------------------------------------------------------------

const photoNames = [...new Set(data.layers.flatMap((layer) => (layer.photos ?? []).map((photo) => photo.name)))];
const views = [
  { name: "pictures", kind: "made" },
  ...photoNames.map((name) => ({ name: `maps of ${name}`, kind: "map", photo: name })),
  ...(data.layers.some((layer) => layer.index) ? [{ name: "photos", kind: "photos" }] : []),
];

function mapOf(item, photoName) {
  const at = (item.layer.photos ?? []).findIndex((photo) => photo.name === photoName);
  return at < 0 ? null : { photo: item.layer.photos[at], ...item.channel.maps[at] };
}

function overlay(map, alt) {
  const element = make("span", { className: `photo ${map.photo.style}` });
  element.append(make("img", { src: webp(map.image), alt, decoding: "async" }));
  return element;
}

function crop(exemplar, alt) {
  return make("img", { src: webp(data.crops[exemplar.crop]), alt, decoding: "async" });
}

// What a tile shows, and the number below it.
function tile(item, view) {
  const { number: channel, exemplars = [] } = item.channel;
  if (view.kind === "map") {
    const map = mapOf(item, view.photo);
    if (!map) return ["no maps"];
    return [overlay(map, `Channel ${channel} in ${view.photo}, peak ${number(map.peak)}`), map.peak];
  }
  if (view.kind === "photos") {
    const [first] = exemplars;
    if (!first) return ["no photo"];
    const alt = `Channel ${channel}, strongest photo ${data.names[first.photo]}, ${number(first.value)}`;
    return [crop(first, alt), first.value];
  }
  return [item.drawn];
}

function show(view) {
  for (const item of items) {
    const [content, value] = tile(item, view);
    item.thumb.replaceChildren(content);
    item.outcome?.remove();
    item.outcome = value === undefined ? item.made : make("span", {}, number(value));
    if (item.outcome) item.caption.append(item.outcome);
  }
}

// ---- filter ------------------------------------------------------------------------------------

const VERDICTS = ["excited", "weak", "silent", "diverged"];
const COMPARISONS = { ">": (a, b) => a > b, "<": (a, b) => a < b, ">=": (a, b) => a >= b, "<=": (a, b) => a <= b };
const presets = new Set(items.map((item) => item.channel.preset));
const layerNames = new Set(data.layers.map((layer) => layer.name));
const haveNames = Boolean(data.names?.length) || items.some((item) => item.channel.name);

function numbersTest(text) {
  if (!/^(\*|\d+(-\d+)?)(,(\*|\d+(-\d+)?))*$/.test(text)) return null;
  const ranges = text.split(",").map((part) => {
    const [first, last = first] = part === "*" ? [0, Infinity] : part.split("-").map(Number);
    return [first, last];
  });
  return (item) => ranges.some(([first, last]) => first <= item.channel.number && item.channel.number <= last);
}

function nameTest(word) {
  const folded = word.toLowerCase();
  return (item) =>
    [item.channel.name ?? "", ...(item.channel.exemplars ?? []).map((exemplar) => data.names[exemplar.photo])]
      .some((name) => name.toLowerCase().includes(folded));
}

// What one word of the filter keeps; throws a sentence where it means nothing here.
function wordTest(word) {
  const [, before = "", after = word] = /^(.*):(.*)$/.exec(word) ?? [];
  const compared = /^activation(>=|<=|>|<)(.+)$/i.exec(word);
  if (compared && Number.isFinite(Number(compared[2]))) {
    const [holds, bound] = [COMPARISONS[compared[1]], Number(compared[2])];
    return ({ channel }) => channel.activation != null && holds(channel.activation, bound);
  }
  if (layerNames.has(before)) {
    const numbers = numbersTest(after);
    if (numbers) return (item) => item.layer.name === before && numbers(item);
  }
  if (before === "seed" && /^\d+$/.test(after)) return (item) => item.channel.seed === Number(after);
  if (VERDICTS.includes(word) || (before === "verdict" && VERDICTS.includes(after))) {
    return (item) => item.channel.verdict === (after || word);
  }
  if (word === "atlas") return (item) => Boolean(item.channel.is_from_atlas);
  if (word === "drawn") return (item) => Boolean(item.channel.verdict);
  if (presets.has(word)) return (item) => item.channel.preset === word;
  if (layerNames.has(word)) return (item) => item.layer.name === word;
  const numbers = numbersTest(word);
  if (numbers) return numbers;
  if (haveNames && !/^(activation|verdict|seed)\b/i.test(word)) return nameTest(word);
  throw `${word} is no filter; try 20-40, activation>500 or verdict:silent.`;
}

function readFilter(text) {
  const tests = [];
  let trouble = "";
  for (const word of text.split(/\s+/).filter(Boolean)) {
    try {
      tests.push(wordTest(word));
    } catch (sentence) {
      trouble ||= sentence;
    }
  }
  return { keeps: (item) => tests.every((test) => test(item)), trouble };
}

// ---- order -------------------------------------------------------------------------------------

const known = (value) => value ?? -Infinity;
const orders = [
  { name: "number", key: null },
  { name: "activation, highest first", key: (item) => known(item.channel.activation) },
  { name: "activation, lowest first", key: (item) => -(item.channel.activation ?? Infinity) },
  ...photoNames.map((photo) => ({ name: `peak in ${photo}`, key: (item) => known(mapOf(item, photo)?.peak) })),
  ...(items.some((item) => item.channel.maps?.some((map) => map.usual))
    ? photoNames.map((photo) => ({ name: `surprise in ${photo}`, key: (item) => surprise(mapOf(item, photo)) }))
    : []),
  ...(data.names?.length ? [{ name: "strongest photo", key: (item) => known(item.channel.exemplars?.[0]?.value) }] : []),
];

// By how much a photo exceeds what 95% of an index's photos stay below.
function surprise(map) {
  return map?.usual > 0 ? map.peak / map.usual : -Infinity;
}

// Puts the cards in the order that is chosen.
function sort() {
  const { key } = orders[part("sort").value];
  items.sort((a, b) => layerAt(a) - layerAt(b) || (key ? key(b) - key(a) : 0) || a.at - b.at);
  for (const [at, layer] of data.layers.entries()) {
    const cards = items.filter((item) => item.layer === layer).map((item) => item.card);
    sections[at].querySelector("ol").append(...cards);
  }
  sift();
}

const layerAt = (item) => data.layers.indexOf(item.layer);

// Shows what the filter keeps.
function sift() {
  const { keeps, trouble } = readFilter(filter.value);
  shown = items.filter(keeps);
  const kept = new Set(shown);
  const layers = new Set(shown.map((item) => item.layer));
  for (const item of items) item.card.hidden = !kept.has(item);
  for (const [at, layer] of data.layers.entries()) sections[at].hidden = !layers.has(layer);
  const all = counted(items.length, "channel");
  count.textContent = trouble || (shown.length < items.length ? `${shown.length.toLocaleString("en")} of ${all}` : all);
  count.className = trouble ? "trouble" : "";
  if (!kept.has(chosen)) choose(shown[0] ?? items[0]);
}

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
  "?": () => keys.showModal(),
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

// ---- looking closely ---------------------------------------------------------------------------

function copied(text) {
  const line = make("div", { className: "copied" }, make("code", { tabIndex: 0 }, text));
  if (!navigator.clipboard) return line;
  const button = make("button", { type: "button" }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  });
  line.append(button);
  return line;
}

function heading(text) {
  return make("h3", {}, text);
}

const kind = ({ preset, size, is_from_atlas: isFromAtlas }) =>
  `${preset}${isFromAtlas ? " of the atlas" : ""}, ${size} px`;

function pictureFigure({ channel, drawn }) {
  const figure = make("figure", { className: "picture" }, heading("What it looks for"));
  if (!channel.verdict) {
    figure.append(make("div", { className: "thumb" }, "no picture yet"));
    return figure;
  }
  const words = make("figcaption", {}, make("strong", {}, `${channel.verdict}, ${number(channel.activation)}`));
  words.append(`: the mean activation on this picture, made from noise (${kind(channel)})`);
  figure.append(drawn.cloneNode(), words);
  return figure;
}

function mapFigure(item, map) {
  const view = overlay(map, `Where ${item.id} responds in ${map.photo.name}`);
  const words = make("figcaption", {}, make("strong", {}, `Peak ${number(map.peak)}`));
  if (map.peak > 0) {
    const [left, top, right, bottom] = map.frame.map((share) => `${100 * share}%`);
    const frame = make("span", { className: "frame" });
    Object.assign(frame.style, { left, top, right: `calc(100% - ${right})`, bottom: `calc(100% - ${bottom})` });
    view.append(frame);
    if (map.usual > 0) words.append(`, ${times(map.peak / map.usual)} what 95% of the photos stay below`);
    words.append(`. The frame is what the peak looks at; the brightest colour stands for ${number(map.photo.brightest)}.`);
  } else {
    words.append(": nothing here excites it.");
  }
  return make("figure", { className: "map" }, heading(`What it sees in ${map.photo.name}`), view, words);
}

function exemplarList({ layer, channel }) {
  const list = make("ol", { className: "exemplars" });
  for (const exemplar of channel.exemplars) {
    const name = data.names[exemplar.photo];
    const value = `${number(exemplar.value)}${exemplar.is_border ? " *" : ""}`;
    list.append(make("li", { title: name }, crop(exemplar, name), make("b", {}, value), make("span", {}, name)));
  }
  const block = make("div", {}, heading(`What excites it most in ${counted(layer.indexed, "photo")}`), list);
  if (channel.exemplars.some((exemplar) => exemplar.is_border)) {
    block.append(make("p", { className: "note" }, "* at the edge of the photo, which excites channels as well"));
  }
  return block;
}

function recordList(channel, isAlone) {
  const list = make("dl", { className: "record" });
  for (const at of channel.record) {
    const [label, text] = data.lines[at];
    list.append(make("dt", {}, label), make("dd", {}, text));
  }
  // It stays as it is from channel to channel.
  const open = zoom.querySelector("details")?.open ?? isAlone;
  return make("details", { open }, make("summary", {}, "How it was made"), list);
}

function about({ channel, id }, isAlone) {
  const block = make("div", { className: "about" });
  if (channel.command) block.append(make("div", {}, heading("Make it yourself"), copied(channel.command)));
  block.append(make("div", {}, heading("Link"), copied(`${location.href.split("#")[0]}#${encodeURI(id)}`)));
  if (channel.record) block.append(recordList(channel, isAlone));
  return block;
}

function fill(item) {
  const { layer, channel } = item;
  const title = part("zoom-title");
  title.replaceChildren(item.id);
  if (channel.name) title.append(make("small", {}, ` ${channel.name}`));
  part("place").textContent = shown.includes(item) ? `${shown.indexOf(item) + 1} of ${shown.length}` : "";
  const maps = (layer.photos ?? []).map((photo) => mapFigure(item, mapOf(item, photo.name)));
  const views = [pictureFigure(item), ...maps];
  if (channel.exemplars?.length) views.push(exemplarList(item));
  const isAlone = views.length === 1;
  part("zoom-body").replaceChildren(...views, about(item, isAlone));
  part("zoom-body").classList.toggle("single", isAlone);
  part("previous").disabled = shown.indexOf(item) <= 0;
  part("next").disabled = item === shown.at(-1);
}

function open(item) {
  choose(item);
  fill(item);
  if (!zoom.open) zoom.showModal();
  zoom.scrollTop = 0;
}

function go(step) {
  const item = beside(step);
  if (!item) return;
  history.replaceState(null, "", `#${item.id}`);
  open(item);
}

function follow() {
  let id = location.hash.slice(1);
  try {
    id = decodeURIComponent(id);
  } catch {} // a stray % is no code, and no channel either
  const item = itemOf.get(id);
  if (item) open(item);
  else if (zoom.open) zoom.close();
}

zoom.addEventListener("close", () => {
  if (location.hash) history.replaceState(null, "", location.href.split("#")[0]);
  focusOn(shown.includes(chosen) ? chosen : shown[0] ?? chosen);
});
for (const dialog of [zoom, keys]) {
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
part("previous").addEventListener("click", () => go(-1));
part("next").addEventListener("click", () => go(1));

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
part("help").addEventListener("click", () => keys.showModal());
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
