// Which channels are shown, and in which order.

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

const isSame = (one, other) => one.toLowerCase() === other.toLowerCase();

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
  if (/^fav(ou?rite)?$/i.test(word)) return ({ channel }) => Boolean(channel.favourite);
  if (before === "tag") return ({ channel }) => (channel.tags ?? []).some((tag) => !after || isSame(tag, after));
  if (before === "note" || word === "note") {
    const folded = before ? after.toLowerCase() : "";
    return ({ channel }) => Boolean(channel.note?.toLowerCase().includes(folded));
  }
  if (word === "atlas") return (item) => Boolean(item.channel.is_from_atlas);
  if (word === "drawn") return (item) => Boolean(item.channel.verdict);
  if (presets.has(word)) return (item) => item.channel.preset === word;
  if (layerNames.has(word)) return (item) => item.layer.name === word;
  const numbers = numbersTest(word);
  if (numbers) return numbers;
  if (haveNames && !/^(activation|verdict|seed)\b/i.test(word)) return nameTest(word);
  throw `${word} is not a filter; try 20-40, activation>500 or verdict:silent.`;
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
