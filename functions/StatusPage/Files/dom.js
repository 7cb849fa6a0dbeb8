// Builds elements from text and attributes only; nothing here can turn a text into markup.

const SVG = 'http://www.w3.org/2000/svg';

const CONTROL = /[\p{Cc}\u2028\u2029]+/gu;
const HIDDEN = /(?![\u200c\u200d])\p{Cf}/gu;

/** Text from outside, without control characters and without what turns or hides the text around it. Everything shown passes here. */
export function plain(text) {
  return String(text).replace(CONTROL, ' ').replace(HIDDEN, '');
}

/** An element. Properties beginning with "on" are listeners; null, undefined and false leave a property out. */
export function h(name, properties, ...children) {
  return fill(document.createElement(name), properties, children);
}

/** An SVG element. */
export function s(name, properties, ...children) {
  return fill(document.createElementNS(SVG, name), properties, children);
}

/** An icon of the sprite in index.html; decoration, so say the same in words beside it. */
export function icon(name, extra = '') {
  return s('svg', { class: `icon ${extra}`.trim(), 'aria-hidden': 'true', viewBox: '0 0 16 16' }, s('use', { href: `#i-${name}` }));
}

/** Sets a text where it differs, so that what has not changed is neither laid out nor read out again. */
export function setText(node, text) {
  const shown = plain(text);
  if (node.textContent !== shown) {
    node.textContent = shown;
  }
}

/** Sets or removes an attribute where it differs. */
export function setAttribute(node, name, value) {
  const wanted = value === null || value === undefined || value === false ? null : plain(value === true ? '' : value);
  if (node.getAttribute(name) !== wanted) {
    if (wanted === null) {
      node.removeAttribute(name);
    } else {
      node.setAttribute(name, wanted);
    }
  }
}

/** Makes the children be these nodes in this order, moving only those out of place. */
export function setChildren(parent, nodes) {
  let at = parent.firstChild;
  for (const node of nodes) {
    if (node === at) {
      at = at.nextSibling;
    } else {
      parent.insertBefore(node, at);
    }
  }

  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** Puts new children in place of the old; who had gone to a link among them stays on it. */
export function replaceChildren(parent, nodes) {
  const focused = parent.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
  parent.replaceChildren(...nodes);
  if (focused !== null) {
    parent.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) {
      continue;
    }

    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else {
      element.setAttribute(name, plain(value === true ? '' : value));
    }
  }

  for (const child of children.flat(Infinity)) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child instanceof Node ? child : plain(child));
    }
  }

  return element;
}
