// Draws: the list of doctors, the bubbles, the diary. No state of its own.

const SVG = "http://www.w3.org/2000/svg";
const TICKS = {
  waiting: ["waiting", "esperando a conexão do número"],
  sent: ["sent", "enviada; o webhook ainda não foi aceito"],
  delivered: ["double", "entregue à Júlia"],
  read: ["double", "lida pela Júlia"],
  lost: ["lost", "o webhook se perdeu"],
};
const time = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });
const seconds = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("pt-BR", { weekday: "long", day: "numeric", month: "long" });

export function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

export function clock(at) {
  return time.format(at * 1000);
}

export function dayName(at) {
  const wanted = new Date(at * 1000).toDateString();
  if (wanted === new Date().toDateString()) return "hoje";
  if (wanted === new Date(Date.now() - 86_400_000).toDateString()) return "ontem";
  return day.format(at * 1000);
}

export function doctorRow(doctor, { current, unread, onOpen }) {
  const row = element("button", { type: "button" },
    face(doctor),
    element("span", { className: "name", textContent: doctor.name }),
    element("span", { className: "when", textContent: doctor.last_at ? clock(doctor.last_at) : "" }),
    element("span", { className: "last", textContent: doctor.last_text || formatted(doctor.number) }),
  );
  if (unread) row.append(element("span", { className: "unread", textContent: unread, title: "não lidas" }));
  row.setAttribute("aria-current", String(current));
  row.addEventListener("click", onOpen);
  return element("li", {}, row);
}

export function formatted(number) {
  const parts = /^55(\d{2})(\d{4,5})(\d{4})$/.exec(number);
  return parts ? `+55 ${parts[1]} ${parts[2]}-${parts[3]}` : `+${number}`;
}

export function message(bubble, { first, actions }) {
  const body = element("div", { className: "bubble" });
  if (bubble.author === "person" && first) {
    body.append(element("span", { className: "author", textContent: "Pessoa da equipe, no celular da empresa" }));
  }
  if (bubble.deleted) {
    body.append(element("span", { className: "deleted", textContent: "Mensagem apagada" }));
  } else {
    if (bubble.quoted) body.append(element("span", { className: "quote", textContent: bubble.quoted }));
    if (bubble.file) body.append(attachment(bubble));
    const text = [bubble.label, bubble.text].filter(Boolean).join("\n");
    body.append(element("span", { className: "text", textContent: text }));
    body.append(tools(actions));
  }
  body.append(meta(bubble));
  if (bubble.tick === "lost") {
    body.append(element("span", { className: "lost-note", textContent: "O webhook se perdeu: a busca de mensagens perdidas deve achá-la." }));
  }
  if (bubble.reaction) body.append(element("span", { className: "reactions", textContent: bubble.reaction }));
  const item = element("li", { className: `message ${bubble.author === "doctor" ? "mine" : bubble.author}` }, body);
  item.classList.toggle("first", first);
  item.tabIndex = -1;
  item.dataset.key = bubble.keyId;
  item.dataset.author = bubble.author;
  return item;
}

export function dayRow(name) {
  return element("li", { className: "day" }, element("span", { textContent: name }));
}

export function diaryRow(record) {
  const { text, bad } = described(record);
  if (!text) return null;
  const row = element("li", {},
    element("time", { textContent: seconds.format(record.at * 1000) }), text);
  row.classList.toggle("bad", Boolean(bad));
  return row;
}

function described(record) {
  switch (record.kind) {
    case "inbound": return { text: "médico escreveu" };
    case "phone": return { text: "pessoa digitou no celular" };
    case "delivery": return { text: "Júlia entregou" };
    case "presence": return { text: `presença: ${record.presence}` };
    case "read": return { text: "Júlia leu" };
    case "connection": return { text: `conexão: ${record.state}`, bad: record.state !== "open" };
    case "forbidden": return { text: `chamada proibida: ${record.reason}`, bad: true };
    case "webhook": {
      if (record.state === "queued") return {};
      const cause = record.status ?? record.error ?? "";
      return { text: `${record.event} ${record.state} ${cause}`.trim(), bad: record.state !== "delivered" };
    }
    case "call":
      return record.status >= 400 ? { text: `${record.route} → ${record.status}`, bad: true } : {};
    default: return {};
  }
}

function face(doctor) {
  const initials = doctor.name.replace(/^(dra?\.?)\s+/i, "").split(/\s+/).map((word) => word[0]);
  const node = element("span", {
    className: "face",
    textContent: (initials[0] + (initials.length > 1 ? initials.at(-1) : "")).toUpperCase(),
    ariaHidden: "true",
  });
  const hue = [...doctor.number].reduce((sum, digit) => (sum * 7 + Number(digit)) % 360, 0);
  node.style.setProperty("--hue", hue);
  return node;
}

function attachment({ file, keyId, instance }) {
  const source = `/_sim/media/${encodeURIComponent(keyId)}?instance=${encodeURIComponent(instance)}`;
  const name = file.file_name ?? "arquivo";
  const kind = file.mimetype.split("/")[0];
  if (kind === "image") return element("img", { className: "attached", src: source, alt: name });
  if (kind === "audio") {
    return element("audio", { className: "attached", src: source, controls: true, preload: "none", ariaLabel: name });
  }
  return element("a", { className: "attached", href: source, download: name, textContent: name });
}

function meta(bubble) {
  const node = element("span", { className: "meta" }, bubble.edited ? "editada " : "", clock(bubble.at));
  const tick = TICKS[bubble.tick];
  if (tick) {
    const [name, meaning] = tick;
    const ticks = element("span", { className: `ticks ${bubble.tick}`, title: meaning }, icon(name));
    ticks.setAttribute("role", "img");
    ticks.setAttribute("aria-label", meaning);
    node.append(ticks);
  }
  return node;
}

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

function tools(actions) {
  const node = element("span", { className: "tools" });
  for (const [name, act] of actions) {
    const button = element("button", { type: "button", textContent: name });
    button.addEventListener("click", act);
    node.append(button);
  }
  return node;
}
