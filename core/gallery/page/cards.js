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
