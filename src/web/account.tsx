import { useApi } from './api/api.ts';
import { writeLoginLink } from './api/session.ts';
import { useStore } from './api/store.ts';

/** Who is signed in, and the way in and out. A tab with an API key is nobody's. */
export function Account() {
  const { key, session } = useApi();
  const login = useStore(session.login);
  const user = useStore(session.user);
  const apiKey = useStore(key.value);
  if (login === null || apiKey !== null) return null;
  if (user === null) {
    return (
      <a className="button" href={writeLoginLink(login)}>
        Sign in with {login.name}
      </a>
    );
  }
  return (
    <span className="line account">
      <span className="quiet" title={`Signed in with ${login.name}`}>
        {user.name}
      </span>
      <button className="bare" onClick={() => void session.signOut()}>
        Sign out
      </button>
    </span>
  );
}
