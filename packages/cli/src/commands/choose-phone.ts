import { isCancel, select } from '@clack/prompts';
import { usbIdentityText } from '@unbrick/core';
import type { ChoosePhone } from '../ports/auto-source.js';
import type { Renderer } from '../render/renderer.js';

/** Asks which of several phones is meant; Ctrl-C ends the wait as anywhere else. */
export function askForPhone(renderer: Renderer): ChoosePhone {
  return async (phones) => {
    renderer.pause();
    const answer = await select({
      message: 'Several phones are connected. Which one is meant?',
      options: phones.map((phone) => ({
        value: phone.busPath,
        label: `usb:${phone.busPath}`,
        hint: `${usbIdentityText(phone)}${phone.serialPath === undefined ? '' : `, ${phone.serialPath}`}`,
      })),
    });
    if (isCancel(answer)) throw new DOMException('interrupted by the user', 'AbortError');
    return answer;
  };
}
