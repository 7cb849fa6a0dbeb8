// Banners: what a person should know before anything else on a view.

import { h, icon, replaceChildren } from './dom.js';

const SHOWN = 2;

/** A banner; one that says bad news is read out at once where alert is set. */
export const banner = (tone, ...content) => h('div', { class: `banner ${tone}` }, icon(tone), h('p', null, content));

/** Warnings as banners; many of them as one that opens, so that they do not push everything else out of sight. */
export class WarningList {
  #key = '';
  element = h('div', { class: 'banners' });

  show(warnings) {
    const key = warnings.join('\n');
    if (key === this.#key) {
      return;
    }

    this.#key = key;
    replaceChildren(this.element, warnings.length <= SHOWN ? warnings.map(text => banner('warn', text))
      : [h('details', { class: 'banner warn' }, h('summary', null, icon('warn'), `${warnings.length} warnings. ${warnings[0]}`),
        h('ul', null, warnings.slice(1).map(text => h('li', null, text))))]);
  }
}
