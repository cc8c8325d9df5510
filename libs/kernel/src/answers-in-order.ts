/**
 * For questions that are asked again before the last one was answered. `asked()` is called with each question, and what it gives
 * with its answer: false says that a later question was answered already, so this answer is old and must not be believed.
 */
export function answersInOrder(): { asked(): () => boolean } {
  let questions = 0;
  let answered = 0;
  return {
    asked() {
      const question = ++questions;
      return () => {
        if (question < answered) return false;
        answered = question;
        return true;
      };
    },
  };
}
