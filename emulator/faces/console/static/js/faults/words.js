// Faults in words.

export const ON = {
  "": "every webhook",
  message: "webhooks that bring a text (message)",
  mms: "webhooks that bring a file (mms)",
  messageDelivered: "delivery reports (messageDelivered)",
};

export const KINDS = {
  status: ["Status", "answers with this status; anything but a 2xx means that the webhook was not taken"],
  timeout: ["No answer", "never answers; the webhook is not taken"],
  reset: ["Reset", "cuts the connection; the webhook is not taken"],
  empty: ["Empty", "answers 200 with an empty body; the webhook is taken"],
  slow: ["Slow", "answers as usual, but after a pause; the webhook is taken"],
};

export const HOW = {
  "in turn": ["In turn", "one after the other, then as usual"],
  always: ["Always", "the first of them, every time, until you end it"],
  chance: ["By chance", "any of them, chosen by the seed, until you end it"],
};

export function planSaid(plan) {
  const on = ON[plan.on ?? ""];
  return `${on[0].toUpperCase()}${on.slice(1)}: ${plan.said}`;
}

/** Plans that answer something on purpose; "as usual" for one event type is none. */
export const plansOn = (plans) => plans.filter((plan) => plan.how !== "as usual");
