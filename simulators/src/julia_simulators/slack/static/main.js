// Shows what was posted, as Slack would draw it; asks for more every second.

import { plain, rendered } from "./mrkdwn.js";

const EVERY_MS = 1000;
const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat("pt-BR", { dateStyle: "full", timeStyle: "medium" });

let version = 0;
let people = {};

const me = () => $("person").value;

function made(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

function text(object) {
  return object.type === "plain_text" ? [plain(object.text)] : rendered(object.text);
}

const DRAWN = {
  header: (block) => made("h2", "", ...text(block.text)),
  section: (block) => made("div", "section",
    ...(block.text ? [made("p", "", ...text(block.text))] : []),
    ...(block.fields ? [made("dl", "fields", ...block.fields.map((field) => made("div", "", ...text(field))))] : []),
  ),
  context: (block) => made("p", "context", ...block.elements.map((each) => made("span", "", ...text(each)))),
  divider: () => made("hr", ""),
  actions: (block, posted) => made("p", "actions", ...block.elements.map((each) => button(each, posted))),
};

function button(each, posted) {
  const drawn = made("button", `button ${each.style ?? ""}`, ...text(each.text));
  drawn.type = "button";
  drawn.addEventListener("click", async () => {
    const asked = each.confirm;
    if (asked && !confirm(`${asked.title.text}\n\n${asked.text.text}`)) return;
    drawn.disabled = true;
    await act("presses", { message: posted.n, action_id: each.action_id });
    drawn.disabled = false;
  });
  return drawn;
}

function attachment(each) {
  const drawn = made("div", "attachment");
  if (each.color) drawn.style.setProperty("--edge", each.color.startsWith("#") ? each.color : COLOURS[each.color] ?? "");
  if (each.title) drawn.append(made("p", "title", ...rendered(each.title)));
  if (each.text) drawn.append(made("p", "", ...rendered(each.text)));
  for (const field of each.fields ?? []) {
    drawn.append(made("p", "", made("strong", "", plain(field.title ?? "")), " ", ...rendered(field.value ?? "")));
  }
  return drawn;
}

const COLOURS = { good: "#2eb67d", warning: "#ecb22e", danger: "#e01e5a" };

function message(posted) {
  const at = new Date(posted.at * 1000);
  const time = made("time", "", clock.format(at));
  time.dateTime = at.toISOString();
  time.title = full.format(at);
  const author = posted.author ?? "Júlia";
  const face = made("span", posted.author ? "face person" : "face", author[0]);
  face.setAttribute("aria-hidden", "true");
  const body = made("div", "body",
    made("p", "author", made("strong", "", author), ...(posted.author ? [] : [made("span", "app", "APP")]), time,
      ...(posted.only_for ? [made("span", "private", `só ${people[posted.only_for] ?? "você"} vê`)] : [])));
  if (posted.blocks.length) {
    body.append(...posted.blocks.map((block) => DRAWN[block.type](block, posted)));
  } else if (posted.text) {
    body.append(made("p", "text", ...rendered(posted.text)));
  }
  body.append(...posted.attachments.map(attachment));
  const item = made("li", "", face, body);
  item.dataset.n = posted.n;
  item.dataset.onlyFor = posted.only_for ?? "";
  item.hidden = isHidden(item);
  return item;
}

function isHidden(item) {
  return item.dataset.onlyFor !== "" && item.dataset.onlyFor !== me();
}

function place(posted) {
  const before = $("messages").querySelector(`[data-n="${posted.n}"]`);
  if (before) before.replaceWith(message(posted));
  else $("messages").append(message(posted));
}

function nearTheEnd(list) {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 80;
}

async function more() {
  const answer = await fetch(`/_sim/messages?since=${version}`);
  const { messages, version: newest } = await answer.json();
  if (newest < version) $("messages").replaceChildren(); // the simulator was started anew
  version = newest;
  if (messages.length) {
    const list = $("messages");
    const follow = nearTheEnd(list);
    messages.forEach(place);
    if (follow) list.scrollTop = list.scrollHeight;
  }
  $("empty").hidden = $("messages").childElementCount > 0;
}

async function act(what, body) {
  const answer = await fetch(`/_sim/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user: me(), ...body }),
  });
  const { error } = answer.ok ? await answer.json() : { error: "pedido recusado pelo simulador" };
  $("failed").hidden = !error;
  $("failed").textContent = error ? `A Júlia não recebeu: ${error}` : "";
  await more();
}

$("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const written = $("text").value.trim();
  $("text").value = "";
  const command = written.match(/^\/julia\b\s*(.*)$/is);
  if (command) await act("commands", { text: command[1] });
  else await act($("where").value, { text: written.replace(/^@j[uú]lia\b[\s,:]*/i, "") });
});

$("person").addEventListener("change", () => {
  for (const item of $("messages").children) item.hidden = isHidden(item);
});

async function keepAsking() {
  try {
    await more();
    $("connection").textContent = "";
  } catch {
    $("connection").textContent = "Sem contato com o simulador; tentando de novo…";
  }
  setTimeout(keepAsking, EVERY_MS);
}

$("clear").addEventListener("click", async () => {
  await fetch("/_sim/messages", { method: "DELETE" });
  $("messages").replaceChildren();
  $("empty").hidden = false;
});

const about = await (await fetch("/_sim")).json();
people = about.people;
for (const [id, name] of Object.entries(people)) $("person").append(new Option(name, id));
$("channel").textContent = about.channel;
document.title = `#${about.channel} (simulador do Slack)`;
keepAsking();
