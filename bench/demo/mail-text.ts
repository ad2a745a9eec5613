import { Parser } from 'htmlparser2';
import PostalMime from 'postal-mime';

/** What the features are computed from. */
export interface MailText {
  readonly subject: string;
  /** The sender's address, or '' when the mail names none. */
  readonly from: string;
  /** The readable text: the plain parts, or that of the HTML parts when there is no plain text. */
  readonly text: string;
  /** The source of the HTML parts, '' when there are none. */
  readonly html: string;
  readonly attachments: number;
}

/**
 * Parses one mail.
 *
 * @param raw the mail's bytes, one character per byte
 * @throws what the MIME parser throws; no mail of the corpus makes it throw
 */
export async function readMail(raw: string): Promise<MailText> {
  const mail = await PostalMime.parse(Buffer.from(withoutEnvelope(raw), 'latin1'));
  const html = mail.html ?? '';
  const plain = mail.text ?? '';
  return {
    subject: mail.subject ?? '',
    from: mail.from?.address ?? '',
    text: plain.trim() === '' ? htmlToText(html) : plain,
    html,
    attachments: mail.attachments.length,
  };
}

/** Most mails of the corpus come from mbox files, whose "From " line is no MIME header. */
function withoutEnvelope(raw: string): string {
  return raw.startsWith('From ') ? raw.slice(raw.indexOf('\n') + 1) : raw;
}

const unread = new Set(['script', 'style', 'title']);

function htmlToText(html: string): string {
  const pieces: string[] = [];
  let hidden = 0;
  const parser = new Parser({
    onopentagname: (name) => void (unread.has(name) && hidden++),
    onclosetag: (name) => void (unread.has(name) && hidden--),
    ontext: (text) => void (hidden === 0 && pieces.push(text)),
  });
  parser.end(html);
  return pieces.join(' ');
}
