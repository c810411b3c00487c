// Exchanges as an HTTP Archive 1.2. Pure.

export function harOf(details) {
  return {
    log: {
      version: "1.2",
      creator: { name: "ringo-emu", version: "1" },
      entries: details.map(entryOf),
    },
  };
}

function entryOf(detail) {
  const ms = Math.max(0, (detail.duration_s ?? 0) * 1000);
  return {
    startedDateTime: detail.at,
    time: ms,
    request: requestOf(detail.request),
    response: responseOf(detail.reply, detail.error),
    cache: {},
    timings: { send: 0, wait: ms, receive: 0 },
    comment: `#${detail.id} ${detail.direction} ${detail.kind}`,
    _ringo: {
      exchange: detail.id,
      direction: detail.direction,
      kind: detail.kind,
      attempt: detail.attempt,
      sentTo: detail.sent_to,
      outcome: detail.outcome,
    },
  };
}

function requestOf({ method, url, headers, body }) {
  return {
    method,
    url,
    httpVersion: "HTTP/1.1",
    cookies: [],
    headers: pairs(headers),
    queryString: queryOf(url),
    headersSize: -1,
    bodySize: body.size,
    ...(body.size && {
      postData: {
        mimeType: headerOf(headers, "content-type"),
        params: [],
        text: body.text ?? body.base64,
        ...(body.text === null && { comment: "base64" }),
      },
    }),
  };
}

function responseOf(reply, error) {
  const headers = reply?.headers ?? [];
  const body = reply?.body ?? { size: 0, text: "" };
  return {
    status: reply?.status ?? 0,
    statusText: "",
    httpVersion: "HTTP/1.1",
    cookies: [],
    headers: pairs(headers),
    content: {
      size: body.size,
      mimeType: headerOf(headers, "content-type"),
      text: body.text ?? body.base64,
      ...(body.text === null && { encoding: "base64" }),
    },
    redirectURL: headerOf(headers, "location"),
    headersSize: -1,
    bodySize: reply ? body.size : -1,
    ...(error && { comment: error }),
  };
}

const pairs = (headers) => headers.map(([name, value]) => ({ name, value }));

function headerOf(headers, wanted) {
  return headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? "";
}

function queryOf(url) {
  const at = url.indexOf("?");
  if (at < 0) return [];
  return [...new URLSearchParams(url.slice(at + 1).split("#")[0])].map(([name, value]) => ({ name, value }));
}
