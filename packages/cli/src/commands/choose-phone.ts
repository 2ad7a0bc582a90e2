import { isCancel, select } from '@clack/prompts';
import { deviceKind, deviceText, usbIdentityText, type Wording } from '@unbrick/core';
import type { ChoosePhone } from '../ports/auto-source.js';
import type { SeenDevice } from '../ports/usb-devices.js';
import type { Renderer } from '../render/renderer.js';
import { userLanguage } from '../render/user-language.js';

/** Asks which of several phones is meant; Ctrl-C ends the wait as anywhere else. */
export function askForPhone(renderer: Renderer): ChoosePhone {
  return async (phones) => {
    renderer.pause();
    const language = userLanguage();
    const width = Math.max(...phones.map(({ busPath }) => busPath.length));
    const answer = await select({
      message: language.prompts['which-phone'],
      options: phones.map((phone) => ({
        value: phone.busPath,
        // The hint is shown for the marked one only.
        label: `usb:${phone.busPath.padEnd(width)}  ${phoneText(phone, language)}`,
        ...(phone.serialPath === undefined ? {} : { hint: phone.serialPath }),
      })),
    });
    if (isCancel(answer)) throw new DOMException('interrupted by the user', 'AbortError');
    return answer;
  };
}

function phoneText(phone: SeenDevice, wording: Wording): string {
  const kind = deviceKind(phone);
  return kind ? deviceText(phone, kind, wording) : usbIdentityText(phone);
}
