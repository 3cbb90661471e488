export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Partial<HTMLElement> = {},
  ...children: readonly HTMLElement[]
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

export function button(textContent: string, onClick: () => void): HTMLButtonElement {
  const made = element('button', { textContent });
  made.type = 'button';
  made.addEventListener('click', onClick);
  return made;
}

interface Line {
  readonly name: string;
  readonly value: string;
  readonly colour?: string | undefined;
  readonly isBad?: boolean;
  readonly hasCanvas?: boolean;
}

interface Shown {
  readonly box: HTMLElement;
  readonly value: HTMLElement;
  readonly canvas: HTMLCanvasElement | undefined;
}

/** A list of names and values, in which only what has changed is touched. */
export class Dynamic {
  readonly node: HTMLElement;
  readonly #shown = new Map<string, Shown>();

  constructor(tag: 'dl', className: string) {
    this.node = element(tag, { className });
  }

  canvas(name: string): HTMLCanvasElement | undefined {
    return this.#shown.get(name)?.canvas;
  }

  show(lines: readonly Line[]): void {
    for (const [name, { box }] of this.#shown) {
      if (lines.some((line) => line.name === name)) continue;
      box.remove();
      this.#shown.delete(name);
    }
    for (const line of lines) {
      const { box, value } = this.#shown.get(line.name) ?? this.#add(line);
      if (value.textContent !== line.value) value.textContent = line.value;
      box.classList.toggle('bad', line.isBad === true);
    }
  }

  #add({ name, colour, hasCanvas }: Line): Shown {
    const value = element('dd');
    const canvas = hasCanvas ? element('canvas', { ariaHidden: 'true' }) : undefined;
    const box = element('div', {}, element('dt', { textContent: name }), value, ...(canvas ? [canvas] : []));
    if (colour) box.style.setProperty('--colour', colour);
    this.node.append(box);
    const shown = { box, value, canvas };
    this.#shown.set(name, shown);
    return shown;
  }
}
