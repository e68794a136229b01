// Shows the conversations as an agent sees them; asks for more every second. Texts are only ever text.

const EVERY_MS = 1000;
const STATUS = { open: "aberta", pending: "com a Júlia", resolved: "resolvida", snoozed: "adiada" };
const INCOMING = 0;
const clock = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });
const $ = (id) => document.getElementById(id);

let chosen = Number(location.pathname.match(/\/conversations\/(\d+)$/)?.[1]) || null;
let shown = "";

function made(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

async function act(what, body) {
  await fetch(`/_sim/conversations/${chosen}/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await more();
}

function listed(conversation) {
  const button = made("button", "", made("strong", "", conversation.contact.name),
    made("span", "", [STATUS[conversation.status], ...conversation.labels].join(" · ")));
  button.type = "button";
  button.setAttribute("aria-current", String(conversation.id === chosen));
  button.addEventListener("click", () => { chosen = conversation.id; shown = ""; more(); });
  const item = made("li", "", button);
  item.dataset.conversation = conversation.id;
  return item;
}

function message(each) {
  const kind = each.private ? "note" : each.message_type === INCOMING ? "incoming" : "outgoing";
  const by = made("p", "by", made("strong", "", each.sender.name), each.private ? " · nota privada · " : " · ",
    clock.format(new Date(each.created_at * 1000)));
  const item = made("li", kind, by, made("p", "", each.content));
  item.dataset.id = each.id;
  return item;
}

function draw(conversations) {
  $("empty").hidden = conversations.length > 0;
  $("conversations").replaceChildren(...conversations.map(listed));
  const chat = conversations.find((each) => each.id === chosen);
  $("chat").hidden = !chat;
  if (!chat) return;
  $("name").textContent = chat.contact.name;
  $("status").textContent = STATUS[chat.status];
  $("labels").textContent = chat.labels.join(", ");
  $("unlabel").disabled = !chat.labels.includes("humano");
  $("resolve").disabled = chat.status === "resolved";
  $("open").disabled = chat.status === "open";
  for (const id of ["approve", "reject"]) $(id).hidden = !chat.labels.includes("rascunho");
  const list = $("messages");
  const follow = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  list.replaceChildren(...chat.messages.map(message));
  if (follow) list.scrollTop = list.scrollHeight;
}

async function more() {
  const { conversations } = await (await fetch("/_sim")).json();
  const now = JSON.stringify([chosen, conversations]);
  if (now === shown) return;
  shown = now;
  draw(conversations);
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

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const content = $("text").value.trim();
  if (!content) return;
  $("text").value = "";
  await act("reply", { content, private: $("private").checked });
});
async function relabel(change) {
  const { conversations } = await (await fetch("/_sim")).json();
  const { labels } = conversations.find((each) => each.id === chosen);
  await act("labels", { labels: change(labels) });
}

$("unlabel").addEventListener("click", () => relabel((now) => now.filter((label) => label !== "humano")));
$("approve").addEventListener("click", () => relabel((now) => [...now, "aprovar"]));
$("reject").addEventListener("click", () => relabel((now) => [...now, "rejeitar"]));
$("resolve").addEventListener("click", () => act("status", { status: "resolved" }));
$("open").addEventListener("click", () => act("status", { status: "open" }));
keepAsking();
