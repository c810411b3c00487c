// Conversations and the messages of the open one. Pure: state in, state out.

const MOST_FOLLOWED = 200;

export const chatKey = (number, contact) => `${number}~${digits(contact) || contact}`;

function digits(text) {
  return text.replace(/\D/g, "");
}

/** *conversations* after a message came or changed; the latest first. */
export function withMessage(conversations, message, userOf) {
  const at = conversations.findIndex((each) => each.id === message.conversation);
  if (at < 0) {
    const { conversation: id, number, contact } = message;
    return [{ id, number, contact, user: userOf(number), count: 1, latest: message }, ...conversations];
  }
  const known = conversations[at];
  if (message.id < known.latest.id) return conversations;
  const rest = conversations.toSpliced(at, 1);
  if (message.id === known.latest.id) return conversations.with(at, { ...known, latest: message });
  return [{ ...known, count: known.count + 1, latest: message }, ...rest];
}

/** The open chat after a message came or changed. *items* are the oldest first. */
export function chatWith(chat, message) {
  if (!chat || chat.key !== message.conversation) return chat;
  const { items } = chat;
  const at = items.findLastIndex((each) => each.id <= message.id);
  if (at >= 0 && items[at].id === message.id) return { ...chat, items: items.with(at, message) };
  if (at < 0 && chat.next !== null) return chat; // older than what is shown
  return trimmed({ ...chat, items: items.toSpliced(at + 1, 0, message) });
}

/** Who follows the newest does not need all of the older ones; they are loaded again when asked for. */
function trimmed(chat) {
  if (chat.readingBack || chat.items.length <= MOST_FOLLOWED * 1.3) return chat;
  const items = chat.items.slice(-MOST_FOLLOWED);
  return { ...chat, items, next: items[0].id };
}

/** The chat with a page of what came before. */
export function chatWithPage(chat, page) {
  const oldest = chat.items[0]?.id ?? Infinity;
  const older = page.items.filter((each) => each.id < oldest).reverse();
  return { ...chat, items: [...older, ...chat.items], next: page.next, loading: false, failure: null };
}

/** People who share *number*. */
export function usersOf(organization, number) {
  return (organization?.users ?? []).filter((user) => user.numbers.includes(number));
}

export function userNamed(organization, extension) {
  return (organization?.users ?? []).find((user) => user.extension === extension);
}

export const isNewIncoming = (message, conversations) =>
  message.direction === "in" &&
  message.id > (conversations.find((each) => each.id === message.conversation)?.latest.id ?? 0);
