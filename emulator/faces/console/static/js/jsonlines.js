// A JSON text as lines to be shown, each with the JSONPath of what stands on it. Numbers and strings stay as they were
// written: 12345678901234567890 is no number of JavaScript's. Pure.

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function childPath(path, step) {
  if (typeof step === "number") return `${path}[${step}]`;
  return PLAIN_KEY.test(step) ? `${path}.${step}` : `${path}[${JSON.stringify(step)}]`;
}

/** Lines of `{indent, path, tokens: [{kind, text}]}`; null where *text* is no JSON object or array. */
export function jsonLines(text) {
  try {
    const value = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
  } catch {
    return null;
  }
  const lines = [];
  const open = []; // the containers around: {isList, path, step}
  let line = { indent: 0, path: "$", tokens: [] };
  let key = null;
  const tokens = text.match(TOKEN);
  const here = () => open.at(-1);
  const end = () => {
    if (line.tokens.length) lines.push(line);
    line = { indent: open.length, path: here()?.path ?? "$", tokens: [] };
  };
  const put = (kind, token) => line.tokens.push({ kind, text: token });
  /** A value begins: its path is that of its container and its key or place. */
  const begin = () => {
    const around = here();
    if (around?.isList) line.path = childPath(around.path, around.step);
    else if (around) line.path = childPath(around.path, key);
    return line.path;
  };

  tokens.forEach((token, place) => {
    const following = tokens[place + 1];
    if (token === "{" || token === "[") {
      const path = begin();
      put("mark", token);
      if (following === "}" || following === "]") return;
      open.push({ isList: token === "[", path, step: 0 });
      end();
    } else if (token === "}" || token === "]") {
      if (tokens[place - 1] !== "{" && tokens[place - 1] !== "[") {
        end();
        const closed = open.pop();
        line = { indent: open.length, path: closed.path, tokens: [] };
      }
      put("mark", token);
    } else if (token === ",") {
      put("mark", token);
      end();
      if (here()?.isList) here().step += 1;
    } else if (token === ":") {
      put("mark", ": ");
    } else if (following === ":" && !here()?.isList) {
      key = JSON.parse(token);
      put("key", token);
    } else {
      begin();
      put(kindOf(token), token);
    }
  });
  end();
  return lines;
}

function kindOf(token) {
  if (token.startsWith('"')) return "string";
  return /^-?\d/.test(token) ? "number" : "word";
}

/** What a form or a query holds, as such lines. */
export function formLines(text) {
  return [...new URLSearchParams(text)].map(([name, value]) => ({
    indent: 0,
    path: childPath("$", name),
    tokens: [
      { kind: "key", text: name },
      { kind: "mark", text: " = " },
      { kind: "string", text: value },
    ],
  }));
}

export const plainLines = (text) =>
  text.split("\n").map((line) => ({ indent: 0, path: null, tokens: line ? [{ kind: "plain", text: line }] : [] }));
