// Copies what data-copy says, or what a POST to data-copy-from answers. The write must begin inside the click: Safari refuses it after
// an await, so ClipboardItem is handed a promise. On plain http there is no navigator.clipboard; there execCommand does it at once.
const live = document.createElement('div');
live.setAttribute('role', 'status');
live.className = 'visually-hidden';
document.body.append(live);

document.addEventListener('click', async event => {
  const button = event.target.closest?.('[data-copy], [data-copy-from]');
  if (!button) {
    return;
  }

  event.preventDefault();
  const done = await copy(button).then(() => true, () => false);
  button.dataset.copied = done ? 'yes' : 'no';
  live.textContent = done ? 'Copied.' : `Not copied. ${button.dataset.copy ?? 'Load the page again and repeat.'}`;
  clearTimeout(button.copiedTimer);
  button.copiedTimer = setTimeout(() => {
    delete button.dataset.copied;
    live.textContent = '';
  }, done ? 2000 : 6000);
});

function copy(button) {
  const { copy: text, copyFrom: from } = button.dataset;
  if (!navigator.clipboard || !window.ClipboardItem) {
    return new Promise((resolve, reject) => (execCopy(from ? fetchNow(from) : text) ? resolve() : reject(new Error('execCommand'))));
  }

  return text !== undefined
    ? navigator.clipboard.writeText(text)
    : navigator.clipboard.write([new ClipboardItem({ 'text/plain': fetchText(from) })]);
}

async function fetchText(from) {
  const answer = await fetch(from, { method: 'POST', headers: { 'X-LiveClip': 'copy' } });
  if (!answer.ok) {
    throw new Error(`${from}: ${answer.status}`);
  }

  return new Blob([await answer.text()], { type: 'text/plain' });
}

// Synchronous on purpose: execCommand only works before the click handler returns.
function fetchNow(from) {
  const request = new XMLHttpRequest();
  request.open('POST', from, false);
  request.setRequestHeader('X-LiveClip', 'copy');
  request.send();
  if (request.status !== 200) {
    throw new Error(`${from}: ${request.status}`);
  }

  return request.responseText;
}

function execCopy(text) {
  const field = document.createElement('textarea');
  field.value = text;
  field.className = 'visually-hidden';
  const focused = document.activeElement;
  // A modal dialog makes the rest of the page inert: the field must stand inside it to be selected.
  (focused?.closest('dialog, [role=dialog]') ?? document.body).append(field);
  field.select();
  try {
    return document.execCommand('copy');
  } finally {
    field.remove();
    focused?.focus();
  }
}
