// Calls to the simulator's control API. Errors are thrown with the server's own words.

async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Error(data.details?.[0]?.problem ?? data.error ?? `O simulador respondeu ${answer.status}`);
  }
  return data;
}

const doctorPath = (number, what) => `/_sim/doctors/${encodeURIComponent(number)}/${what}`;

export const api = {
  page: () => call("GET", "/_sim/page"),
  summary: () => call("GET", "/_sim/summary"),
  doctors: () => call("GET", "/_sim/doctors"),
  addDoctor: (doctor) => call("POST", "/_sim/doctors", doctor),
  records: (number) => call("GET", `/_sim/records?doctor=${encodeURIComponent(number)}`),
  write: (number, message) => call("POST", doctorPath(number, "messages"), message),
  edit: (number, change) => call("POST", doctorPath(number, "edits"), change),
  remove: (number, key) => call("POST", doctorPath(number, "deletions"), key),
  read: (number, instance) => call("POST", doctorPath(number, "reads"), { instance }),
  phone: (number, text, instance) => call("POST", doctorPath(number, "phone"), { text, instance }),
  connection: (instance, action) =>
    call("POST", `/_sim/instances/${encodeURIComponent(instance)}/connection`, { action }),
  faults: () => call("GET", "/_sim/faults"),
  addFault: (preset, match) => call("POST", "/_sim/faults", { preset, match }),
  clearFault: (id) => call("DELETE", `/_sim/faults/${id}`),
  stream: (after) => new EventSource(`/_sim/stream?after=${after}`),
};
