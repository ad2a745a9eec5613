export const PAGE_WIDTH = 840;

/** The page of a picture, of this height, with what is drawn on it. */
export function svgPage(title: string, height: number, drawn: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${PAGE_WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${PAGE_WIDTH}" height="${height}" fill="#fff"/>`,
    `<text x="12" y="20" font-size="14">${escapeText(title)}</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** A coordinate: a tenth of a pixel is enough. */
export function round(value: number): string {
  return value.toFixed(1);
}
