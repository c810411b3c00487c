// The token behind #token= in the address: turned into a cookie, and taken out of sight.

export async function beginSession(api) {
  const match = /^#token=(.+)$/.exec(location.hash);
  if (!match) return;
  history.replaceState(null, "", location.pathname);
  await api.begin(decodeURIComponent(match[1]));
}
