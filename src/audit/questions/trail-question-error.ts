/** A question to a trail about something that is not in it. Its message says what is. */
export class TrailQuestionError extends Error {
  override readonly name = 'TrailQuestionError';
}
