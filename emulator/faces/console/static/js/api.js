// The console's REST API. Every failure becomes an ApiError that says what, and how to mend it.

const BASE = "/api/v1";
const JSON_TYPE = "application/json";

export class ApiError extends Error {
  constructor(status, detail, mend) {
    super(detail);
    this.status = status;
    this.mend = mend;
  }
}

async function failureOf(response) {
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    // Not from the console itself: something stands in between.
  }
  return new ApiError(response.status, problem.detail ?? `the console answered ${response.status}`, problem.mend ?? "");
}

export function withQuery(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(given).toString();
  return text ? `${path}?${text}` : path;
}

export function createApi(fetching = (...args) => fetch(...args)) {
  async function ask(method, path, { body, headers, signal } = {}) {
    let response;
    try {
      response = await fetching(BASE + path, { method, body, headers, signal, credentials: "same-origin" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError(0, "the console cannot be reached", "see whether ringo-emu serve is still running");
    }
    if (!response.ok) throw await failureOf(response);
    return response.status === 204 ? null : response.json();
  }
  const send = (method, path, data) =>
    ask(method, path, { body: JSON.stringify(data ?? {}), headers: { "Content-Type": JSON_TYPE } });
  return {
    get: (path, query, signal) => ask("GET", withQuery(path, query), { signal }),
    post: (path, data) => send("POST", path, data),
    put: (path, data) => send("PUT", path, data),
    remove: (path, query) => ask("DELETE", withQuery(path, query)),
    upload: (file) =>
      ask("POST", withQuery("/files", { name: printable(file.name), type: plainType(file.type) }), {
        body: file,
        headers: { "Content-Type": "application/octet-stream" },
      }),
    begin: (token) => ask("POST", "/session", { headers: { Authorization: `Bearer ${token}` } }),
    streamUrl: (after) => BASE + withQuery("/stream", { after }),
    fileUrl: (id) => `${BASE}/files/${encodeURIComponent(id)}`,
    receivedUrl: (id) => `${BASE}/messages/${id}/file`,
  };
}

function printable(name) {
  return (name || "file").replace(/\p{C}/gu, "").slice(-255) || "file";
}

function plainType(type) {
  const plain = (type || "").split(";")[0].trim();
  return /^[A-Za-z0-9][\w.+-]*\/[A-Za-z0-9][\w.+-]*$/.test(plain) ? plain : "application/octet-stream";
}
