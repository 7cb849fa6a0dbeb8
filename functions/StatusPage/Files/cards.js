// The rescans that run now, as cards. On a small screen more than a few wait behind a button, so that the list of repositories
// is within reach.

import { Card } from './card.js';
import { h, setAttribute, setChildren, setText } from './dom.js';
import { number } from './words.js';

const MOST = 12;
const FEW = 2;

/** One that waits has the id of the one that it waits for. */
const keyOf = rescan => `${rescan.id}/${rescan.requestId}`;

const small = matchMedia('(max-width: 40rem)');

export class CardList {
  #context;
  #cards = new Map();
  #shown = 0;
  #isOpen = false;
  #list = h('ul', { class: 'cards', id: 'running-cards' });
  #more = h('p', { class: 'muted' });
  #toggle = h('button', { type: 'button', class: 'small', 'aria-controls': 'running-cards', onclick: () => this.#flip() });

  constructor(context) {
    this.#context = context;
    this.element = h('section', { 'aria-labelledby': 'running-title', hidden: true },
      h('div', { class: 'section-head' }, h('h2', { id: 'running-title' }, 'Running now'), this.#toggle), this.#list, this.#more);
    small.addEventListener('change', () => this.#fold());
  }

  /** Whether the log of a card is open. */
  get watched() {
    return [...this.#cards.values()].some(card => card.watched);
  }

  /** Shows rescans that run; historyOf tells the past of a repository by the id of its rescan. */
  show(running, historyOf, now) {
    const keys = new Set(running.map(keyOf));
    for (const key of this.#cards.keys()) {
      if (!keys.has(key)) {
        this.#cards.delete(key);
      }
    }

    const shown = running.slice(0, MOST);
    for (const rescan of shown) {
      let card = this.#cards.get(keyOf(rescan));
      if (!card) {
        card = new Card(this.#context);
        this.#cards.set(keyOf(rescan), card);
      }

      card.update(rescan, historyOf(rescan.id), now);
    }

    setChildren(this.#list, shown.map(rescan => this.#cards.get(keyOf(rescan)).element));
    this.#shown = shown.length;
    this.element.hidden = shown.length === 0;
    setText(this.#more, running.length > MOST ? `and ${number(running.length - MOST)} more; the filter Running lists them all` : '');
    this.#fold();
  }

  tick(now) {
    for (const card of this.#cards.values()) {
      card.tick(now);
    }
  }

  async refresh(signal) {
    await Promise.all([...this.#cards.values()].map(card => card.refresh(signal)));
  }

  #flip() {
    this.#isOpen = !this.#isOpen;
    this.#fold();
  }

  #fold() {
    const folds = small.matches && this.#shown > FEW;
    const isFolded = folds && !this.#isOpen;
    this.#toggle.hidden = !folds;
    setText(this.#toggle, isFolded ? `Show ${number(this.#shown)} cards` : 'Hide cards');
    setAttribute(this.#toggle, 'aria-expanded', isFolded ? 'false' : 'true');
    this.#list.hidden = isFolded;
    this.#more.hidden = isFolded || this.#more.textContent === '';
  }
}
