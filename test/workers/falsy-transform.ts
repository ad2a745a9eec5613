/** Returns values that are easily taken for "no result", each by its name. */
export const FALSY = {
  null: null,
  undefined: undefined,
  false: false,
  zero: 0,
  'minus zero': -0,
  'empty text': '',
  NaN: NaN,
} as const;

export type FalsyName = keyof typeof FALSY;

export default function falsy(name: FalsyName): unknown {
  return FALSY[name];
}
