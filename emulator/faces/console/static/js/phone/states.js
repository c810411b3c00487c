// What has become of a message, in words and a sign.

export const STATES = {
  sending: { word: "Sending…", icon: "clock", means: "the provider has not answered yet" },
  sent: { word: "Sent", icon: "check", means: "the provider took it; no delivery report has come yet" },
  untracked: {
    word: "Sent, untracked",
    icon: "question",
    means: "the provider took it but named no id: no delivery report can ever match",
  },
  delivered: { word: "Delivered", icon: "checks", means: "the provider reported its delivery" },
  failed: { word: "Failed", icon: "warning", means: "the provider did not take it" },
  received: { word: "Received", icon: "in", means: "it came in by a webhook" },
};

export const stateOf = (message) => STATES[message.state] ?? { word: message.state, icon: "info", means: "" };
