'use strict';

// The texts stand in the page, one of them to be shown: this script only chooses.
const main = document.querySelector('main');
const api = main.dataset.base + '/auth';

function show(state) {
  for (const one of main.querySelectorAll('[data-state]')) one.hidden = one.dataset.state !== state;
}

async function takeOver(token) {
  show('waiting');
  const bearer = { headers: { authorization: 'Bearer ' + token } };
  const answer = await fetch(api + '/me', bearer);
  if (!answer.ok) return show('error-other');
  const { user } = await answer.json();
  main.querySelector('[data-name]').textContent = user.email ?? user.name ?? user._id;
  main.querySelector('button').addEventListener('click', async () => {
    const { ok } = await fetch(api + '/logout', { method: 'POST', ...bearer });
    show(ok ? 'signed-out' : 'error-other');
  });
  show('signed-in');
}

const given = new URLSearchParams(location.hash.slice(1));
// Out of the address bar, the history and whatever is shared from them.
history.replaceState(null, '', location.pathname);
const token = given.get('token');
const error = given.get('error');
if (token) takeOver(token).catch(() => show('error-other'));
else if (given.has('linked')) show('linked');
else if (error === null) show('nothing');
else
  show(
    main.querySelector('[data-state="error-' + CSS.escape(error) + '"]') ? 'error-' + error : 'error-other',
  );
