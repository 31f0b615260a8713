import { Component, type ReactNode } from 'react';
import { Notice } from './parts/notice.tsx';

interface Props {
  /** The address of the view: another one is another view, without the fault of the last. */
  readonly place: string;
  /** After so long it is drawn anew by itself; left out where somebody is there to press a button. */
  readonly retryMs?: number;
  readonly children: ReactNode;
}

interface State {
  readonly fault: string | null;
}

/** A fault of one view costs that view: what is around it stays, and the view can be drawn anew. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { fault: null };
  #retrying: ReturnType<typeof setTimeout> | undefined;

  static getDerivedStateFromError(error: unknown): State {
    return { fault: error instanceof Error ? error.message : String(error) };
  }

  override componentDidCatch() {
    const { retryMs } = this.props;
    if (retryMs !== undefined) this.#retrying = setTimeout(() => this.setState({ fault: null }), retryMs);
  }

  override componentWillUnmount() {
    clearTimeout(this.#retrying);
  }

  override componentDidUpdate(before: Props) {
    if (before.place !== this.props.place && this.state.fault !== null) this.setState({ fault: null });
  }

  override render() {
    const { fault } = this.state;
    if (fault === null) return this.props.children;
    return (
      <Notice kind="problem" title="This view failed. The fault is in Lapwing.">
        <p>{fault}</p>
        <button onClick={() => this.setState({ fault: null })}>Try again</button>
      </Notice>
    );
  }
}
