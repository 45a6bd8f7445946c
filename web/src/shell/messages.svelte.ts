// What was done, or could not be: said once, at the edge of the page.

export interface Message {
  id: number;
  text: string;
  isProblem: boolean;
}

const kShown_ms = 6000;

class Messages {
  all = $state<Message[]>([]);
  private next = 1;

  tell(text: string, isProblem = false): void {
    const message = { id: this.next++, text, isProblem };
    this.all.push(message);
    // What went wrong stays until somebody takes it away.
    if (!isProblem) setTimeout(() => this.close(message.id), kShown_ms);
  }

  close(id: number): void {
    this.all = this.all.filter((message) => message.id !== id);
  }
}

export const messages = new Messages();
