// A file of this computer, in the words of the control API.

const MAX_BYTES = 16 * 1024 * 1024;

export async function attached(file) {
  const kind = kindOf(file.type);
  if (!kind) throw new Error("Só imagem, áudio ou PDF.");
  if (file.size > MAX_BYTES) throw new Error("O arquivo passa de 16 MB.");
  return { kind, mimetype: file.type, file_name: file.name, base64: await encoded(file) };
}

function kindOf(type) {
  if (type === "application/pdf") return "document";
  return { image: "image", audio: "audio" }[type.split("/")[0]];
}

function encoded(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.split(",", 2)[1] ?? ""));
    reader.addEventListener("error", () => reject(new Error("O arquivo não pôde ser lido.")));
    reader.readAsDataURL(file);
  });
}
