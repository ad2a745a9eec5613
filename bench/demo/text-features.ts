import { deflateRawSync } from 'node:zlib';

import type { MailText } from './mail-text.ts';

/** What a spam filter or a search index would keep of a mail's text. Ratios are from 0 to 1. */
export interface TextFeatures {
  readonly characters: number;
  readonly tokens: number;
  readonly uniqueTokens: number;
  /** Different addresses linked to, in text and HTML. */
  readonly links: number;
  readonly attachments: number;
  /** Of the letters that have a case. */
  readonly upperCaseRatio: number;
  readonly digitRatio: number;
  readonly exclamationMarks: number;
  /** Shannon entropy, in bits per character. */
  readonly entropy: number;
  /** Size of the compressed text to that of the text; low when it repeats itself, as much spam does. */
  readonly compression: number;
  /** HTML source among all text and HTML source. */
  readonly htmlShare: number;
}

const wordSegmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Splits text into lower-case words by the rules of Unicode (UAX #29), after NFKC normalisation. */
export function tokenise(text: string): string[] {
  const words: string[] = [];
  for (const part of wordSegmenter.segment(text.normalize('NFKC').toLowerCase())) {
    if (part.isWordLike === true) words.push(part.segment);
  }
  return words;
}

/** Computes the features of a mail, whose text consists of `words`. */
export function textFeatures(mail: MailText, words: readonly string[]): TextFeatures {
  const { text, html, attachments } = mail;
  const upper = count(text, /\p{Lu}/gu);
  return {
    characters: text.length,
    tokens: words.length,
    uniqueTokens: new Set(words).size,
    links: links(text, html),
    attachments,
    upperCaseRatio: ratio(upper, upper + count(text, /\p{Ll}/gu)),
    digitRatio: ratio(count(text, /\p{Nd}/gu), text.length),
    exclamationMarks: count(text, /!/g),
    entropy: entropy(text),
    compression: compression(text),
    htmlShare: ratio(html.length, html.length + text.length),
  };
}

function count(text: string, pattern: RegExp): number {
  let found = 0;
  pattern.lastIndex = 0;
  while (pattern.test(text)) found++;
  return found;
}

function links(...sources: string[]): number {
  return new Set(sources.flatMap((source) => source.match(/\bhttps?:\/\/[^\s"'<>()]+/gi) ?? [])).size;
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : rounded(part / whole);
}

function entropy(text: string): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    counts.set(unit, (counts.get(unit) ?? 0) + 1);
  }
  let bits = 0;
  for (const times of counts.values()) bits -= (times / text.length) * Math.log2(times / text.length);
  return rounded(bits);
}

function compression(text: string): number {
  const bytes = Buffer.from(text);
  return bytes.length === 0 ? 1 : rounded(deflateRawSync(bytes).length / bytes.length);
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
