// One conversation, folded from the simulator's records; the same fold serves history and live.

const KINDS = {
  audioMessage: "🎤 Áudio",
  imageMessage: "🖼️ Imagem",
  videoMessage: "🎬 Vídeo",
  documentMessage: "📄 Documento",
  stickerMessage: "🌟 Figurinha",
  locationMessage: "📍 Localização",
  contactMessage: "👤 Contato",
  pollCreationMessageV3: "📊 Enquete",
  viewOnceMessageV2: "① Visualização única",
};
const LOST = new Set(["dropped", "refused", "exhausted", "lost_in_restart"]);

export class Conversation {
  constructor(number) {
    this.number = number;
    this.seen = 0;
    // What happens before the history is here; applied first, it would make the history old news.
    this.early = [];
    this.bubbles = new Map();
    this.typingUntil = 0;
  }

  // Take in one record; returns the key id of the bubble that changed, or null.
  apply(record) {
    if (record.doctor !== this.number || record.seq <= this.seen) return null;
    this.seen = record.seq;
    switch (record.kind) {
      case "inbound":
        if (!record.private) return null;
        return this.#add(record, "doctor", { tick: record.waiting ? "waiting" : "sent" });
      case "delivery":
        this.typingUntil = 0;
        return this.#add(record, "julia", {});
      case "phone":
        return this.#add(record, "person", {});
      case "presence":
        this.typingUntil = record.presence === "composing" ? (record.at * 1000) + record.delay_ms : 0;
        return null;
      case "webhook":
        return record.event === "messages.upsert" ? this.#webhook(record) : null;
      case "read":
        return this.#change(record.key_id, { tick: "read" });
      case "edit":
        return this.#change(record.key_id, { text: record.text, edited: true });
      case "deletion":
      case "deletion_by_us":
        return this.#change(record.key_id, { deleted: true });
      default:
        return null;
    }
  }

  get typing() {
    return Date.now() < this.typingUntil;
  }

  #add(record, author, rest) {
    if (record.message_type === "reactionMessage") {
      const target = record.reacts_to;
      return target ? this.#change(target, { reaction: record.text }) : null;
    }
    this.bubbles.set(record.key_id, {
      keyId: record.key_id,
      author,
      at: record.at,
      instance: record.instance,
      label: KINDS[record.message_type] ?? "",
      text: record.text,
      quoted: record.quoted_text ?? "",
      file: record.file ?? null,
      ...rest,
    });
    return record.key_id;
  }

  #webhook(record) {
    const bubble = this.bubbles.get(record.key_id);
    if (!bubble || bubble.author !== "doctor" || bubble.tick === "read") return null;
    if (record.state === "delivered") return this.#change(record.key_id, { tick: "delivered" });
    if (LOST.has(record.state) && bubble.tick !== "delivered") {
      return this.#change(record.key_id, { tick: "lost" });
    }
    return bubble.tick === "waiting" ? this.#change(record.key_id, { tick: "sent" }) : null;
  }

  #change(keyId, change) {
    const bubble = this.bubbles.get(keyId);
    if (!bubble) return null;
    Object.assign(bubble, change);
    return keyId;
  }
}
