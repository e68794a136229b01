// Shows what was posted, as Slack would draw it; asks for more every second.

import { plain, rendered } from "./mrkdwn.js";

const EVERY_MS = 1000;
const $ = (id) => document.getElementById(id);
const clock = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat("pt-BR", { dateStyle: "full", timeStyle: "medium" });

let last = 0;

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
  actions: (block) => made("p", "actions", ...block.elements.map((each) => made("span", "button", ...text(each.text)))),
};

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
  const face = made("span", "face", "J");
  face.setAttribute("aria-hidden", "true");
  const body = made("div", "body",
    made("p", "author", made("strong", "", "Júlia"), made("span", "app", "APP"), time));
  if (posted.blocks.length) {
    body.append(...posted.blocks.map((block) => DRAWN[block.type](block)));
  } else if (posted.text) {
    body.append(made("p", "text", ...rendered(posted.text)));
  }
  body.append(...posted.attachments.map(attachment));
  const item = made("li", "", face, body);
  item.dataset.n = posted.n;
  return item;
}

function nearTheEnd(list) {
  return list.scrollHeight - list.scrollTop - list.clientHeight < 80;
}

async function more() {
  const answer = await fetch(`/_sim/messages?after=${last}`);
  const { messages, last: newest } = await answer.json();
  if (newest < last) $("messages").replaceChildren(); // the simulator was started anew
  last = newest;
  if (messages.length) {
    const list = $("messages");
    const follow = nearTheEnd(list);
    list.append(...messages.map(message));
    if (follow) list.scrollTop = list.scrollHeight;
  }
  $("empty").hidden = $("messages").childElementCount > 0;
}

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
$("channel").textContent = about.channel;
document.title = `#${about.channel} (simulador do Slack)`;
keepAsking();
