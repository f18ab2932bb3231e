// Looking closely at one channel.

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

function noted({ favourite, tags = [], note }) {
  const words = [favourite ? "★ favourite" : "", tags.join(", ")].filter(Boolean).join(" · ");
  const lines = [words, note].filter(Boolean).map((text) => make("p", {}, text));
  return lines.length ? [make("div", { className: "noted" }, heading("Noted"), ...lines)] : [];
}

function about({ channel, id }, isAlone) {
  const block = make("div", { className: "about" }, ...noted(channel));
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

// The title has the focus first, so that it is read. Its autofocus attribute would count on loading too.
function openDialog(dialog) {
  dialog.showModal();
  dialog.querySelector("h2").focus();
}

function open(item) {
  choose(item);
  fill(item);
  if (!zoom.open) openDialog(zoom);
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
