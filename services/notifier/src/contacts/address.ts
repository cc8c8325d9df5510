import type { ChannelName } from '@techno/contracts';
import { TerminalError } from '@techno/kernel';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';

/** The HTML standard's form of a mailbox, with a dot in its domain: one address, no name, nothing that could end a header. */
const MAILBOX =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/;

/** The address as it is kept and compared: numbers in E.164, domains in lower case. Throws TerminalError CONTACT_ADDRESS_INVALID. */
export function normalAddress(channel: ChannelName, address: string): string {
  switch (channel) {
    case 'whatsapp':
    case 'sms': {
      const number = parsePhoneNumberFromString(address);
      if (number === undefined || !number.isValid())
        throw invalid(channel, 'is no valid number; write it with + and the country code');
      return number.number;
    }
    case 'email': {
      if (address.length > 254 || !MAILBOX.test(address)) throw invalid(channel, 'is no mailbox');
      const at = address.lastIndexOf('@');
      return address.slice(0, at) + address.slice(at).toLowerCase();
    }
    case 'webhook': {
      const url = URL.parse(address);
      if (url === null || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
        throw invalid(channel, 'is no http(s) URL without credentials');
      }
      return url.href;
    }
  }
}

/** Says which channel, never the address: messages of errors are logged. */
function invalid(channel: ChannelName, problem: string): TerminalError {
  return new TerminalError('CONTACT_ADDRESS_INVALID', `the ${channel} address ${problem}`);
}
