// Slack's text format as nodes: never as HTML, so nothing that was posted can become markup.

const TOKEN = /```([\s\S]+?)```|`([^`\n]+)`|<([^<>\n]+)>|(?<![\p{L}\d*])\*([^*\n]+)\*(?![\p{L}\d*])|(?<![\p{L}\d_])_([^_\n]+)_(?![\p{L}\d_])|(?<![\p{L}\d~])~([^~\n]+)~(?![\p{L}\d~])/gu;

export function plain(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

export function rendered(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(TOKEN)) {
    if (found.index > from) nodes.push(plain(text.slice(from, found.index)));
    nodes.push(node(found));
    from = found.index + found[0].length;
  }
  if (from < text.length) nodes.push(plain(text.slice(from)));
  return nodes;
}

function node([, block, code, angle, bold, italic, struck]) {
  if (block !== undefined) return element("pre", plain(block).replace(/^\n/, ""));
  if (code !== undefined) return element("code", plain(code));
  if (angle !== undefined) return reference(angle);
  if (bold !== undefined) return nested("strong", bold);
  if (italic !== undefined) return nested("em", italic);
  return nested("s", struck);
}

function reference(inside) {
  const [target, label] = inside.split("|", 2);
  if (/^[@#!]/.test(target)) {
    const mention = element("span", plain(label ?? target));
    mention.className = "mention";
    return mention;
  }
  const link = element("a", plain(label ?? target));
  if (/^(https?|mailto):/.test(target)) link.href = plain(target);
  link.rel = "noreferrer";
  link.target = "_blank";
  return link;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function nested(tag, text) {
  const made = document.createElement(tag);
  made.append(...rendered(text));
  return made;
}
