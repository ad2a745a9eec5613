import type { Transform } from '../../src/index.ts';
import type { MailRow } from './corpus.ts';
import { readMail } from './mail-text.ts';
import { minHash, shingleHashes } from './min-hash.ts';
import { textFeatures, tokenise } from './text-features.ts';
import type { TextFeatures } from './text-features.ts';

/** What the demo knows of a mail after the run. */
export interface MailFeatures {
  readonly id: string;
  readonly group: string;
  readonly subject: string;
  readonly from: string;
  readonly features: TextFeatures & { readonly shingles: number };
  /** MinHash of the mail's five-word shingles. */
  readonly signature: readonly number[];
}

/** The demo's transform: parses a mail, and computes text features and a MinHash signature. */
const mailFeatures: Transform<MailRow, MailFeatures> = async ({ id, group, raw }) => {
  const mail = await readMail(raw);
  const words = tokenise(mail.text);
  const shingles = shingleHashes(words);
  return {
    id,
    group,
    subject: mail.subject,
    from: mail.from,
    features: { ...textFeatures(mail, words), shingles: shingles.length },
    signature: minHash(shingles),
  };
};

export default mailFeatures;
