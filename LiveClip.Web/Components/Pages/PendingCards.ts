import { createStore, del, entries, set } from 'idb-keyval';
import type { PendingClip, RequestStore } from './ClipRequests';

/** The browser's own database, so that a request made while the server was away outlives a reload. */
export function storedRequests(streamId: string): RequestStore {
  const store = createStore('liveclip', 'clip-requests');
  return {
    load: async () => (await entries<string, PendingClip>(store))
      .map(([, pending]) => pending)
      .filter(pending => pending.request.streamId === streamId),
    put: pending => set(pending.request.clientId, pending, store),
    remove: clientId => del(clientId, store),
  };
}

const STATES: Record<PendingClip['state'], string> = {
  sending: 'Sending…',
  waiting: 'Waiting for connection: will be sent',
  refused: 'Not made',
  made: 'Made',
};

const STATUSES = { queued: 'Queued', waiting: 'Waiting for its end', cutting: 'Cutting…', ready: 'Ready', failed: 'Failed', deleted: 'Deleted' };

/** Draws requests under way; a card gives way to the page's own as soon as that one is there. */
export class PendingCards {
  readonly #observer: MutationObserver;

  constructor(
    private readonly list: HTMLElement,
    private readonly rail: HTMLElement,
    private readonly linkOf: (slug: string) => string,
    private readonly dismiss: (clientId: string) => void,
    private readonly pending: () => readonly PendingClip[],
  ) {
    this.#observer = new MutationObserver(() => this.giveWay());
    this.#observer.observe(rail, { childList: true, subtree: true });
  }

  /** Removes the cards of clips that the page shows by now. */
  giveWay(): void {
    for (const { request, state } of this.pending()) {
      if (state === 'made' && this.rail.querySelector(`[data-client-id="${request.clientId}"]`)) {
        this.dismiss(request.clientId);
      }
    }
  }

  draw(): void {
    const shown = [...this.pending()].sort((a, b) => b.pressedAt - a.pressedAt);
    this.list.replaceChildren(...shown.map(pending => this.#card(pending)));
  }

  dispose(): void {
    this.#observer.disconnect();
    this.list.replaceChildren();
  }

  #card(pending: PendingClip): HTMLElement {
    const card = element('li', 'pending-card');
    card.dataset.pending = pending.request.clientId;
    card.dataset.state = pending.state;
    const image = element('img', 'pending-image');
    image.alt = '';
    if (pending.image) {
      image.src = pending.image;
    }

    const text = element('div', 'pending-text');
    const state = pending.clip ? STATUSES[pending.clip.status] : STATES[pending.state];
    text.append(
      element('strong', '', pending.label),
      element('span', 'pending-state', pending.error ? `${state}: ${pending.error.message}` : state));
    card.append(image, text);
    if (pending.clip) {
      const copy = element('button', 'pending-copy', 'Copy link');
      copy.type = 'button';
      copy.dataset.copy = this.linkOf(pending.clip.slug);
      card.append(copy);
    } else if (pending.state === 'refused') {
      const close = element('button', 'pending-copy', 'Dismiss');
      close.type = 'button';
      close.addEventListener('click', () => this.dismiss(pending.request.clientId));
      card.append(close);
    }

    return card;
  }
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, className: string, text = ''): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}
