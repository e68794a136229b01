// Wires the page: which doctor is open, what was typed, what arrives.

import { api } from "./api.js";
import { Conversation } from "./chat.js";
import { attached } from "./files.js";
import { dayName, dayRow, diaryRow, doctorRow, element, formatted, message } from "./view.js";

const DIARY_LENGTH = 40;
const LISTED_KINDS = new Set(["inbound", "delivery", "phone"]);
const SUGGESTIONS = ["Dra. Helena Prado", "Dr. Caio Nogueira", "Dra. Lívia Sampaio", "Dr. Otávio Reis"];
const $ = (id) => document.getElementById(id);

const state = {
  doctors: new Map(),
  unread: new Map(),
  conversation: null,
  context: null, // {action: "quote" | "edit", keyId, text, fromJulia}
  connections: new Map(),
};

// --- Doctors

function drawDoctors() {
  const wanted = $("search").value.trim().toLowerCase();
  const rows = [...state.doctors.values()]
    .filter((doctor) => `${doctor.name} ${doctor.number}`.toLowerCase().includes(wanted))
    .sort((a, b) => (b.last_at ?? 0) - (a.last_at ?? 0) || a.name.localeCompare(b.name))
    .map((doctor) => doctorRow(doctor, {
      current: doctor.number === state.conversation?.number,
      unread: state.unread.get(doctor.number),
      onOpen: () => guarded(() => open(doctor.number)),
    }));
  $("doctor-list").replaceChildren(...rows);
  $("no-doctors").hidden = state.doctors.size > 0;
}

async function loadDoctors() {
  const { doctors } = await api.doctors();
  for (const doctor of doctors) state.doctors.set(doctor.number, doctor);
  drawDoctors();
}

function openNewDoctor(isOpen) {
  const form = $("new-doctor");
  form.hidden = !isOpen;
  $("add-doctor").setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) return;
  form.reset();
  const index = state.doctors.size;
  form.elements.name.value = SUGGESTIONS[index % SUGGESTIONS.length];
  form.elements.number.value = `+55 19 99876-${String(index + 1).padStart(4, "0")}`;
}

async function open(number) {
  const doctor = state.doctors.get(number);
  if (!doctor) return;
  const conversation = new Conversation(number);
  state.conversation = conversation;
  location.hash = number;
  document.body.dataset.view = "chat";
  document.body.classList.add("has-doctor");
  $("composer").hidden = false;
  $("as").replaceChildren("você escreve como ", element("strong", { textContent: `${doctor.name} · ${formatted(number)}` }));
  forgetContext();
  const { records } = await api.records(number);
  if (state.conversation !== conversation) return;
  for (const record of [...records, ...conversation.early]) conversation.apply(record);
  conversation.early = null;
  drawMessages();
  seen();
  drawDoctors();
  $("text").focus({ preventScroll: true });
}

// --- Messages

function drawMessages() {
  const rows = [];
  let previous = null;
  for (const bubble of state.conversation.bubbles.values()) {
    const name = dayName(bubble.at);
    if (!previous || dayName(previous.at) !== name) rows.push(dayRow(name));
    rows.push(drawn(bubble, previous));
    previous = bubble;
  }
  $("messages").replaceChildren(...rows);
  drawStatus();
  toEnd();
}

function drawn(bubble, previous) {
  return message(bubble, { first: previous?.author !== bubble.author, actions: actionsOf(bubble) });
}

function redraw(keyId) {
  const old = $("messages").querySelector(`[data-key="${CSS.escape(keyId)}"]`);
  if (!old) return drawMessages();
  const bubble = state.conversation.bubbles.get(keyId);
  const fresh = message(bubble, { first: old.classList.contains("first"), actions: actionsOf(bubble) });
  return old.replaceWith(fresh);
}

function actionsOf(bubble) {
  const number = state.conversation.number;
  const { keyId, instance } = bubble;
  const quote = ["Responder", () => remember({ action: "quote", keyId, text: bubble.text, fromJulia: bubble.author !== "doctor" })];
  if (bubble.author !== "doctor") {
    const react = (emoji) => guarded(() => api.write(number, {
      kind: "reaction", text: emoji, instance, reacts_to: { key_id: keyId },
    }));
    return [quote, ["👍", () => react("👍")], ["❤️", () => react("❤️")]];
  }
  return [
    quote,
    ["Editar", () => remember({ action: "edit", keyId, text: bubble.text })],
    ["Apagar", () => guarded(() => api.remove(number, { key_id: keyId, instance }))],
  ];
}

function drawStatus() {
  const typing = state.conversation?.typing ?? false;
  const away = state.connections.get($("instance").value) !== "open";
  const status = $("status");
  const text = away ? "número sem conexão com o WhatsApp"
    : typing ? "digitando…" : "assistente virtual";
  if (status.textContent !== text) status.textContent = text;
  status.className = away ? "is-away" : typing ? "is-typing" : "";
  if ($("typing").hidden === typing) {
    $("typing").hidden = !typing;
    if (typing) toEnd();
  }
}

function toEnd() {
  $("messages").scrollTop = $("messages").scrollHeight;
}

function seen() {
  const number = state.conversation.number;
  state.unread.delete(number);
  if (document.visibilityState === "visible") api.read(number, $("instance").value).catch(() => {});
}

// --- Writing

async function write(extra = {}) {
  const { conversation, context } = state;
  const text = $("text").value.trim();
  const needsText = !extra.kind || extra.ephemeral;
  if (!conversation || (needsText && !text)) return;
  const instance = $("instance").value;
  if (context?.action === "edit") {
    await api.edit(conversation.number, { key_id: context.keyId, text, instance });
  } else {
    const quoted = context && { key_id: context.keyId, text: context.text, from_julia: context.fromJulia };
    await api.write(conversation.number, { text, instance, ...(quoted && { quoted }), ...extra });
  }
  $("text").value = "";
  grow();
  forgetContext();
}

function grow() {
  const box = $("text");
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight + 2, 132)}px`;
}

function remember(context) {
  state.context = context;
  $("context-text").textContent = `${context.action === "edit" ? "Editando" : "Respondendo"}: ${context.text}`;
  $("context").hidden = false;
  if (context.action === "edit") $("text").value = context.text;
  grow();
  $("text").focus();
}

function forgetContext() {
  state.context = null;
  $("context").hidden = true;
}

// --- Bench

async function loadInstances() {
  const [page, summary] = await Promise.all([api.page(), api.summary()]);
  $("note").textContent = page.note;
  const chosen = $("instance").value;
  $("instance").replaceChildren(...page.instances.map((name) => element("option", { value: name, textContent: name })));
  if (chosen) $("instance").value = chosen;
  for (const { name, state: connection } of summary.instances) state.connections.set(name, connection);
  drawConnection();
  return summary.last;
}

function drawConnection() {
  const names = { open: "conectado", connecting: "reconectando", close: "desconectado" };
  const connection = state.connections.get($("instance").value) ?? "close";
  $("connection").className = `chip ${connection}`;
  $("connection").textContent = names[connection];
  drawStatus();
}

async function drawFaults() {
  const { faults } = await api.faults();
  const labels = Object.fromEntries([...document.querySelectorAll("[data-fault]")]
    .map((button) => [button.dataset.fault, button.textContent]));
  $("armed").replaceChildren(...faults.filter((fault) => fault.left !== 0).map((fault) => {
    const remove = element("button", { type: "button", textContent: "×", ariaLabel: "Desarmar" });
    remove.addEventListener("click", () => guarded(async () => {
      await api.clearFault(fault.id);
      await drawFaults();
    }));
    return element("li", {}, labels[fault.preset] ?? fault.preset, remove);
  }));
}

function openBench(isOpen) {
  document.body.classList.toggle("bench-open", isOpen);
  $("open-bench").setAttribute("aria-expanded", String(isOpen));
  (isOpen ? $("close-bench") : $("open-bench")).focus();
}

function openAttachments(isOpen) {
  $("attachments").hidden = !isOpen;
  $("attach").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) $("attachments").querySelector("button").focus();
}

// --- What happens

function received(record) {
  const row = diaryRow(record);
  if (row) {
    $("diary").prepend(row);
    while ($("diary").childElementCount > DIARY_LENGTH) $("diary").lastElementChild.remove();
  }
  if (record.kind === "connection") {
    state.connections.set(record.instance, record.state);
    drawConnection();
  }
  if (record.kind === "webhook" || record.kind === "call") refreshFaultsSoon();
  if (LISTED_KINDS.has(record.kind)) listed(record);
  const { conversation } = state;
  if (!conversation || record.doctor !== conversation.number) return;
  if (conversation.early) {
    conversation.early.push(record);
    return;
  }
  const known = conversation.bubbles.size;
  const changed = conversation.apply(record);
  if (conversation.bubbles.size > known) append(conversation.bubbles.get(changed));
  else if (changed) redraw(changed);
  drawStatus();
}

function append(bubble) {
  const all = [...state.conversation.bubbles.values()];
  const previous = all.at(-2);
  const name = dayName(bubble.at);
  if (!previous || dayName(previous.at) !== name) $("messages").append(dayRow(name));
  $("messages").append(drawn(bubble, previous));
  toEnd();
  if (bubble.author !== "doctor") seen();
}

function listed(record) {
  const doctor = state.doctors.get(record.doctor);
  if (!doctor) {
    guarded(loadDoctors);
    return;
  }
  doctor.last_text = record.text || "mensagem";
  doctor.last_at = record.at;
  if (record.kind !== "inbound" && state.conversation?.number !== record.doctor) {
    state.unread.set(record.doctor, (state.unread.get(record.doctor) ?? 0) + 1);
  }
  drawDoctorsSoon();
}

// At most once per frame or so: a load test brings hundreds of records a second.
function soon(act, delayMs) {
  let planned = null;
  return () => {
    planned ??= setTimeout(() => {
      planned = null;
      act();
    }, delayMs);
  };
}
const drawDoctorsSoon = soon(drawDoctors, 100);
const refreshFaultsSoon = soon(() => drawFaults().catch(() => {}), 500);

let toastTimer;
async function guarded(act) {
  try {
    await act();
  } catch (error) {
    $("toast").textContent = error.message;
    $("toast").hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { $("toast").hidden = true; }, 6000);
  }
}

// --- Wiring

$("search").addEventListener("input", drawDoctors);
$("add-doctor").addEventListener("click", () => {
  const form = $("new-doctor");
  openNewDoctor(form.hidden);
  if (!form.hidden) form.elements.name.select();
});
$("new-doctor").addEventListener("submit", (event) => {
  event.preventDefault();
  guarded(async () => {
    const fields = event.target.elements;
    const doctor = await api.addDoctor({
      name: fields.name.value.trim(),
      number: fields.number.value.trim(),
      jid_without_ninth_digit: fields.jid_without_ninth_digit.checked,
      lid_form: fields.lid_form.value,
    });
    state.doctors.set(doctor.number, doctor);
    openNewDoctor(false);
    await open(doctor.number);
  });
});

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  guarded(write);
});
$("text").addEventListener("input", grow);
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    guarded(write);
  }
});
$("context-cancel").addEventListener("click", forgetContext);
$("attach").addEventListener("click", () => openAttachments($("attachments").hidden));
$("choose-file").addEventListener("click", () => {
  openAttachments(false);
  $("file").click();
});
$("file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  event.target.value = ""; // the same file may be chosen again
  if (file) guarded(async () => write(await attached(file)));
});
$("attachments").addEventListener("click", (event) => {
  const { kind } = event.target.dataset;
  if (!kind) return;
  openAttachments(false);
  guarded(() => write(kind === "ephemeral" ? { ephemeral: true } : { kind }));
});

// The list is one stop of the Tab key; the arrows go through it, Tab goes on to a message's tools.
$("messages").addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step) return;
  const rows = [...$("messages").querySelectorAll(".message")];
  const index = rows.indexOf(document.activeElement.closest(".message"));
  const next = index < 0 ? rows.at(-1) : rows[index + step];
  next?.focus();
  if (next) event.preventDefault();
});

$("back").addEventListener("click", () => {
  document.body.dataset.view = "doctors";
});
$("open-bench").addEventListener("click", () => openBench(true));
$("close-bench").addEventListener("click", () => openBench(false));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (!$("attachments").hidden) openAttachments(false);
  else if (document.body.classList.contains("bench-open")) openBench(false);
  else forgetContext();
});

$("instance").addEventListener("change", drawConnection);
for (const button of document.querySelectorAll("[data-connection]")) {
  button.addEventListener("click", () => guarded(() => api.connection($("instance").value, button.dataset.connection)));
}
for (const button of document.querySelectorAll("[data-fault]")) {
  button.addEventListener("click", () => guarded(async () => {
    const isWebhook = button.dataset.fault.startsWith("webhook_");
    const doctor = state.conversation?.number;
    await api.addFault(button.dataset.fault, { ...(doctor && { doctor }), ...(isWebhook && { event: "messages.upsert" }) });
    await drawFaults();
  }));
}
$("phone").addEventListener("submit", (event) => {
  event.preventDefault();
  const number = state.conversation?.number;
  guarded(async () => {
    if (!number) throw new Error("Escolha antes um médico.");
    await api.phone(number, $("phone-text").value.trim(), $("instance").value);
    event.target.reset();
  });
});
document.addEventListener("visibilitychange", () => {
  if (state.conversation && document.visibilityState === "visible") seen();
});
setInterval(drawStatus, 500);

guarded(async () => {
  const last = await loadInstances();
  await Promise.all([loadDoctors(), drawFaults()]);
  api.stream(last).addEventListener("message", (event) => received(JSON.parse(event.data)));
  if (state.doctors.size === 0) $("add-doctor").click();
  await open(location.hash.slice(1));
});
