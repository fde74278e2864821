// What makes the desk better, and what it works without: news of the queue, arrow keys, a word before a session ends.
// Nothing is loaded from elsewhere, nothing is kept, nothing is sent but the question whether something has changed.
'use strict';

const EVERY = 20_000; // how often the queue is asked
const BEFORE = 120_000; // how long before its end the session is spoken of

function watchQueue() {
  const place = document.querySelector('[data-changes]');
  if (!place) return;
  const note = place.querySelector('p');
  const ask = async () => {
    if (document.hidden || !note.hidden) return;
    try {
      const answer = await fetch(place.dataset.changes, { credentials: 'same-origin', redirect: 'error' });
      if (!answer.ok) return;
      const { mark } = await answer.json();
      if (mark !== place.dataset.mark) note.hidden = false;
    } catch {
      // No network, or the session has ended: the page stays as it is.
    }
  };
  note.querySelector('a').href = location.href;
  setInterval(ask, EVERY);
  document.addEventListener('visibilitychange', ask);
}

// With the focus on a mail of the queue the arrow keys go to the next one, Home and End to the ends. Enter opens, as on
// every link.
function moveByKeys() {
  const links = [...document.querySelectorAll('#queue tbody th a')];
  document.querySelector('#queue')?.addEventListener('keydown', (event) => {
    const at = links.indexOf(document.activeElement);
    if (at < 0 || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined || !links[to]) return;
    event.preventDefault();
    links[to].focus();
  });
}

function warnOfEnd() {
  const note = document.querySelector('.timeout');
  const idle = Number(document.body.dataset.idle);
  if (!note || !idle) return;
  setTimeout(() => { note.hidden = false; }, Math.max(idle - BEFORE, 0));
  setTimeout(() => { note.querySelector('span').textContent = note.dataset.ended; }, idle);
}

// What was sent is not sent again by a second click.
function pressOnce() {
  for (const form of document.querySelectorAll('form[method="post"]:not([data-again])')) {
    form.addEventListener('submit', (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = 'yes';
    });
  }
  // A page that comes back from the browser's memory can be sent.
  addEventListener('pageshow', () => document.querySelectorAll('form').forEach((form) => delete form.dataset.sent));
}

// A list of faults takes the focus.
function showFaults() {
  document.querySelector('.ds-error-summary')?.focus();
}

watchQueue();
moveByKeys();
warnOfEnd();
pressOnce();
showFaults();
