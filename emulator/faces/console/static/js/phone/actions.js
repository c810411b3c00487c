// The phone: opening a conversation, sending, and playing the contact.

import { chatKey, chatWithPage } from "../chats.js";

const PAGE = 50;

export function phoneActions({ store, api, toasts, tried }) {
  async function loadPage(key) {
    const { chat } = store.get();
    if (!chat || chat.key !== key || chat.loading) return;
    store.set({ chat: { ...chat, loading: true } });
    const query = { number: chat.number, contact: chat.contact, before: chat.next, limit: PAGE };
    try {
      const page = await api.get("/messages", query);
      store.set((state) => (state.chat?.key === key ? { chat: chatWithPage(state.chat, page) } : null));
    } catch (failure) {
      store.set((state) => (state.chat?.key === key ? { chat: { ...state.chat, loading: false, failure } } : null));
    }
  }

  function begin(number, contact, open) {
    const key = chatKey(number, contact);
    store.set(({ unread }) => {
      const { [key]: _, ...others } = unread;
      return {
        chat: { key, number, contact, open, readingBack: false, items: [], next: null, loading: false, failure: null },
        unread: open ? others : unread,
      };
    });
    return loadPage(key);
  }

  return {
    openChat(number, contact) {
      const { chat, unread } = store.get();
      const key = chatKey(number, contact);
      if (chat?.key !== key) return begin(number, contact, true);
      const { [key]: _, ...others } = unread;
      store.set({ chat: { ...chat, open: true }, unread: others });
      return undefined;
    },
    /** It is not looked at any more; what comes is new. */
    leaveChat: () => store.set(({ chat }) => (chat ? { chat: { ...chat, open: false } } : null)),
    reloadChat() {
      const { chat } = store.get();
      return chat ? begin(chat.number, chat.contact, chat.open) : undefined;
    },
    /** Whether somebody reads what came before: it must stay then. */
    readChatBack: (readingBack) =>
      store.set(({ chat }) => (chat && chat.readingBack !== readingBack ? { chat: { ...chat, readingBack } } : null)),
    loadEarlier: () => loadPage(store.get().chat?.key),

    /** Send a text or a file. What the provider said of it is kept beside the message. */
    async send({ number, contact, content, file, extension }) {
      const upload = file ? await api.upload(file) : null;
      const sent = await api.post("/messages", {
        number,
        contact,
        content,
        ...(upload && { file: upload.id }),
        ...(extension && { extension }),
      });
      const { failure, mend, findings } = sent;
      if (failure || findings.length) {
        store.set(({ notes }) => ({ notes: { ...notes, [sent.message.id]: { failure, mend, findings } } }));
      }
      return sent;
    },

    uploadFile: (file) => api.upload(file),

    /** Have the provider behave as if the contact had texted. */
    play: (name, values) =>
      tried(async () => {
        const done = await api.post(`/triggers/${encodeURIComponent(name)}`, { with: values });
        if (done.failure) toasts.fail({ message: done.failure, mend: done.mend });
        if (done.ask) toasts.tell(done.ask);
        return done;
      }),
  };
}
